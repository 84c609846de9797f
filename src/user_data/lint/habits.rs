//! Shell commands that are valid, but do not work on a machine that boots unattended.

use super::check::{
    BASH_IN_SH, HERE_DOCUMENT, LintCheck, NO_ANSWER, NO_TERMINAL, NO_VARIABLE, SECOND_HEADER, TYPOGRAPHY, WAITS,
};

/// A line that does not work as intended: the check, the description, and the remedy.
pub(super) type Habit = (&'static LintCheck, String, &'static str);

/// A here-document of a script.
#[derive(Default)]
struct HereDocument {
    mark: String,
    strips_tabs: bool,
    is_quoted: bool,
    /// An indented line that was meant to end it, from 1.
    indented: Option<usize>,
}

/// Returns the findings in a script for this shell, with their lines, from 1.
pub(super) fn scan(shell: &str, script: &str) -> Vec<(u32, Habit)> {
    let mut found = Vec::new();
    let mut open: Option<HereDocument> = None;
    let mut add = |index: usize, habit: Habit| found.push((u32::try_from(index + 1).unwrap_or(u32::MAX), habit));
    for (index, line) in script.lines().enumerate() {
        if let Some(document) = &mut open {
            let bare = if document.strips_tabs { line.trim_start_matches('\t') } else { line };
            if bare == document.mark {
                open = None;
            } else {
                if line.trim() == document.mark {
                    document.indented.get_or_insert(index);
                }
                if !document.is_quoted {
                    unrendered(line).into_iter().for_each(|habit| add(index, habit));
                }
            }
            continue;
        }
        if index > 0 && line.trim_end() == "#cloud-config" {
            let message = "all of this is a script, of which this line is a comment".to_owned();
            add(index, (&SECOND_HEADER, message, "a MIME message holds both, each as a part: hoist userdata render"));
        }
        let code = without_comment(line);
        typography(code).into_iter().for_each(|habit| add(index, habit));
        unrendered(code).into_iter().for_each(|habit| add(index, habit));
        let is_told = ["yes |", "yes|", "<<", "echo y", "| passwd", "| sudo passwd", "|passwd", "spawn "]
            .iter()
            .any(|answer| code.contains(answer));
        for command in code.split("$(").flat_map(|part| part.split(['|', ';', '&', '`'])) {
            let words: Vec<&str> = command.split_whitespace().take(64).collect();
            unanswered(&words)
                .filter(|_| !is_told)
                .or_else(|| at_a_terminal(&words))
                .or_else(|| waiting(command))
                .into_iter()
                .for_each(|habit| add(index, habit));
            if matches!(shell, "sh" | "dash" | "ash") {
                of_bash(&words).into_iter().for_each(|habit| add(index, habit));
            }
        }
        open = here_document(code);
    }
    if let Some(HereDocument { mark, indented: Some(index), .. }) = open {
        let message = format!("this does not end the here-document {mark}: blanks stand beside the word");
        add(index, (&HERE_DOCUMENT, message, "the word must begin its line; <<- lets tabs stand before it"));
    }
    found
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') { "" } else { line.split(" # ").next().unwrap_or(line) }
}

fn here_document(line: &str) -> Option<HereDocument> {
    let (before, rest) = line.split_once("<<")?;
    if rest.starts_with('<') || before.ends_with('(') && before.contains("$((") {
        return None;
    }
    let strips_tabs = rest.starts_with('-');
    let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start();
    let bare = rest.trim_start_matches(['"', '\'', '\\']);
    let mark: String = bare.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let is_mark = mark.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_mark.then_some(HereDocument { mark, strips_tabs, is_quoted: bare.len() < rest.len(), indented: None })
}

/// Finds a command that asks for confirmation.
fn unanswered(words: &[&str]) -> Option<Habit> {
    let (program, rest) = without_prefix(words).split_first()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    let verb = rest.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    let has = |long: &[&str], short: char| {
        rest.iter().any(|word| {
            long.iter().any(|long| word.starts_with(long))
                || word.starts_with('-') && !word.starts_with("--") && word.contains(short)
        })
    };
    let is_asked = match program {
        "apt" | "apt-get" | "aptitude" => {
            matches!(verb, "install" | "upgrade" | "dist-upgrade" | "full-upgrade" | "remove" | "purge" | "autoremove")
                && !has(
                    &[
                        "--yes",
                        "--assume-yes",
                        "--assume-no",
                        "-qq",
                        "--download-only",
                        "--dry-run",
                        "-oAPT::Get::Assume-Yes",
                    ],
                    'y',
                )
                && !rest.iter().any(|word| word.contains("Assume-Yes"))
        }
        "yum" | "dnf" | "microdnf" | "tdnf" | "zypper" => {
            matches!(
                verb,
                "install"
                    | "in"
                    | "upgrade"
                    | "update"
                    | "up"
                    | "remove"
                    | "groupinstall"
                    | "reinstall"
                    | "localinstall"
            ) && !has(&["--assumeyes", "--non-interactive", "--assumeno", "--no-confirm", "-n"], 'y')
        }
        "pacman" => {
            rest.first().is_some_and(|word| word.starts_with("-S"))
                && !rest.contains(&"--noconfirm")
                && !verb.is_empty()
        }
        "passwd" => !rest.is_empty() && rest.iter().all(|word| !word.starts_with(['-', '<', '>'])),
        "ssh-keygen" => rest.contains(&"-t") && !rest.iter().any(|word| word.starts_with("-N")),
        "add-apt-repository" | "apt-add-repository" => !has(&["--yes", "--help", "--remove"], 'y'),
        _ => false,
    };
    is_asked.then(|| {
        let message = format!("{program} asks, and nobody answers here");
        let hint = match program {
            "passwd" => "users with a password's hash, or no password",
            "ssh-keygen" => "-N '' makes a key without a passphrase",
            "pacman" => "--noconfirm",
            _ => "-y",
        };
        (&NO_ANSWER, message, hint)
    })
}

/// Strips the prefix before a command's name.
fn without_prefix<'a, 'b>(words: &'b [&'a str]) -> &'b [&'a str] {
    const BEFORE: [&str; 7] = ["sudo", "-E", "-n", "eatmydata", "time", "exec", "!"];
    let is_before = |word: &&&str| BEFORE.contains(*word) || word.contains('=') && !word.starts_with('-');
    &words[words.iter().take_while(is_before).count()..]
}

/// Finds a command that requires a terminal.
fn at_a_terminal(words: &[&str]) -> Option<Habit> {
    let (program, rest) = without_prefix(words).split_first()?;
    let is_tty = |word: &&str| matches!(*word, "-it" | "-ti" | "-t" | "--tty");
    let wants = match *program {
        "docker" | "podman" | "nerdctl" => {
            matches!(rest.first(), Some(&("run" | "exec"))) && rest.iter().take(8).any(is_tty)
        }
        "vi" | "vim" | "nano" | "emacs" | "less" | "more" | "top" | "htop" => {
            !rest.contains(&"-b") && !rest.contains(&"-es")
        }
        "crontab" => rest.contains(&"-e"),
        "visudo" => !rest.iter().any(|word| word.starts_with("-c") || *word == "--check"),
        _ => false,
    };
    wants.then(|| {
        let message = format!("{program} wants a terminal here, and there is none");
        (&NO_TERMINAL, message, "leave -t out, or write the file instead of editing it")
    })
}

/// Finds typographic quotes and spaces of a word processor outside of a shell's own quotes.
fn typography(code: &str) -> Option<Habit> {
    let at = code.find(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{a0}'])?;
    let is_quoted = |quote: char| code[..at].matches(quote).count() % 2 == 1;
    if is_quoted('"') || is_quoted('\'') {
        return None;
    }
    let code_point = u32::from(code[at..].chars().next()?);
    let message =
        format!("the character U+{code_point:04X} is for a shell a part of the word, and no quote and no blank");
    Some((&TYPOGRAPHY, message, "write \" ' and spaces"))
}

/// Finds a command that waits for the end of cloud-init, which in turn waits for the command.
fn waiting(command: &str) -> Option<Habit> {
    let waits = command.contains("cloud-init status") && (command.contains("--wait") || command.contains(" -w"))
        || (command.contains("until ") || command.contains("while ")) && command.contains("boot-finished");
    waits.then(|| {
        let message = "this waits for the end of cloud-init, which waits for the end of this".to_owned();
        (&WAITS, message, "leave it out: other modules have run before")
    })
}

/// Finds syntax of bash and similar shells in a script for `sh`.
fn of_bash(words: &[&str]) -> Option<Habit> {
    const LEADING: [&str; 9] = ["if", "elif", "while", "until", "then", "else", "do", "!", "{"];
    let words = &words[words.iter().take_while(|word| LEADING.contains(word)).count()..];
    let word = *words.first()?;
    let is_of_bash = match word {
        "source" | "pushd" | "popd" | "shopt" | "declare" | "typeset" | "mapfile" | "readarray" => words.len() > 1,
        "[[" => true,
        "function" => words.len() > 1,
        _ => false,
    };
    is_of_bash.then(|| {
        let message = format!("{word} is of bash, and sh is another shell on Debian, Ubuntu and Alpine");
        (&BASH_IN_SH, message, "#!/bin/bash, or [bash, -c, '…'] in runcmd; `. FILE` is read by all")
    })
}

/// Finds names in braces that no shell expands: `${var.name}` of Terraform, `${AWS::Region}` of CloudFormation.
fn unrendered(line: &str) -> Option<Habit> {
    /// The maximum length of a name.
    const LONGEST: usize = 120;
    let mut rest = line;
    while let Some(at) = rest.find("${") {
        let is_escaped = rest[..at].ends_with(['\\', '$']);
        rest = &rest[at + 2..];
        let Some(end) = rest.bytes().take(LONGEST).position(|byte| byte == b'}') else { continue };
        let inner = &rest[..end];
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let is_dotted = inner.split_once('.').is_some_and(|(root, key)| {
            root.starts_with(|c: char| c.is_ascii_alphabetic())
                && root.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && key.starts_with(|c: char| c.is_ascii_alphabetic())
                && key.chars().all(is_name)
        });
        if !is_escaped && (is_dotted || inner.starts_with("AWS::")) {
            let message = format!("${{{inner}}} is no variable of a shell, which stops at it");
            return Some((&NO_VARIABLE, message, "the value was not put in"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(shell: &str, script: &str) -> Vec<(u32, &'static str)> {
        scan(shell, script).into_iter().map(|(line, (check, ..))| (line, check.name)).collect()
    }

    #[test]
    fn each_is_told_on_its_line() {
        for (script, line, name) in [
            ("apt-get install nginx\n", 1, "no-answer"),
            ("true\nDEBIAN_FRONTEND=noninteractive apt install -q nginx\n", 2, "no-answer"),
            ("apt-get update && sudo apt upgrade\n", 1, "no-answer"),
            ("yum install httpd\n", 1, "no-answer"),
            ("add-apt-repository ppa:a/b\n", 1, "no-answer"),
            ("cloud-init status --wait\n", 1, "waits-for-itself"),
            ("until [ -f /var/lib/cloud/instance/boot-finished ]; do sleep 1; done\n", 1, "waits-for-itself"),
            ("source /etc/profile\n", 1, "bash-in-sh"),
            ("if [[ -f /x ]]; then true; fi\n", 1, "bash-in-sh"),
            ("echo ${var.region}\n", 1, "unrendered-variable"),
            ("echo ${AWS::Region}\n", 1, "unrendered-variable"),
            ("cat <<EOF > /x\na\n  EOF\n", 3, "here-document-end"),
            ("passwd ubuntu\n", 1, "no-answer"),
            ("log=$(apt-get install nginx)\n", 1, "no-answer"),
            ("ssh-keygen -t rsa -f /x\n", 1, "no-answer"),
            ("docker run -it ubuntu bash\n", 1, "no-terminal"),
            ("sudo crontab -e\n", 1, "no-terminal"),
            ("echo \u{201c}hello\u{201d}\n", 1, "typography"),
            ("echo\u{a0}hello\n", 1, "typography"),
            ("true\n#cloud-config\n", 2, "second-header"),
        ] {
            assert_eq!(names("sh", script), [(line, name)], "{script}");
        }
    }

    #[test]
    fn what_works_is_left_alone() {
        for script in [
            "apt-get install -y nginx\n",
            "apt-get -qqy install nginx; apt-get update\n",
            "apt-get -qq install nginx\n",
            "yes | apt-get install nginx\n",
            "apt list --installed\n",
            "yum -y update; dnf install -qy a; zypper -n in a; zypper --non-interactive install a\n",
            "pacman -Syu --noconfirm a\n",
            "apt-get -o APT::Get::Assume-Yes=true install a\n",
            "# apt-get install nginx\n",
            "echo 'install with apt-get install nginx'\n",
            "cat <<'EOF' > /x\nport=${server.port}\nsource /x\napt install a\nEOF\ntrue\n",
            "cat <<-EOF\n\ta\n\tEOF\n",
            "x=${1:-a.b} y=${x%.c} z=\\${var.a}\n",
            "cloud-init status\n",
            ". /etc/profile\n",
            "echo 'a:b' | sudo passwd ubuntu\n",
            "passwd -l ubuntu\n",
            "home=$(getent passwd \"$login\" | cut -d: -f6)\nx=`getent passwd a`\n",
            "ssh-keygen -t rsa -N '' -f /x\n",
            "docker run -d -p 80:80 nginx\n",
            "visudo -cf /etc/sudoers.d/x\n",
            "echo \"\u{201c}hello\u{201d}\"\n",
            "cat <<'EOF' > /x\n#cloud-config\nEOF\n",
            "echo $((1<<2))\n",
        ] {
            assert_eq!(names("sh", script), [], "{script}");
        }
        assert_eq!(names("bash", "source /x\nif [[ a ]]; then pushd /; fi\n"), []);
    }
}
