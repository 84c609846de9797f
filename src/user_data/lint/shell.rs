//! Syntax checks of scripts by shells.

use std::io::{self, Read as _, Write as _};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Returns whether this is the name of a shell used for checks; `ash` is a `sh`.
pub(super) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh")
}

/// A shell's answer about a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The syntax is valid.
    Read,
    /// The syntax is invalid: the line, and the reason.
    Unread(u32, String),
    /// The shell cannot be started here.
    Missing(String),
    /// The time limit was exceeded.
    TooSlow,
}

/// Checks a script's syntax with a shell, for no longer than `limit`.
pub(super) fn check(shell: &str, script: &str, limit: Duration) -> Answer {
    let program = if shell == "ash" { "sh" } else { shell };
    // `-n` parses without executing. Start-up files are not read either: BASH_ENV and ENV are removed.
    let spawned = Command::new(program)
        .arg("-n")
        .env_remove("BASH_ENV")
        .env_remove("ENV")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Answer::Missing(error.to_string()),
    };
    let (input, errors) = (child.stdin.take(), child.stderr.take());
    std::thread::scope(|scope| {
        // A shell that stops reading reports the reason on standard error.
        scope.spawn(|| input.map(|mut input| input.write_all(script.as_bytes())));
        let said = scope.spawn(|| errors.map(said).unwrap_or_default());
        let status = wait(&mut child, limit);
        if status.is_none() {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            let _ = child.wait();
        }
        let said = said.join().unwrap_or_default();
        match status {
            Some(status) if status.success() => Answer::Read,
            Some(_) => {
                let (line, message) = read(said.lines().next().unwrap_or("it cannot be read"));
                Answer::Unread(line, message)
            }
            None => Answer::TooSlow,
        }
    })
}

/// Returns the beginning of the output. The rest is read as well, so that the shell does not block.
fn said(mut errors: ChildStderr) -> String {
    const KEPT: u64 = 4096;
    let mut kept = Vec::new();
    let _ = errors.by_ref().take(KEPT).read_to_end(&mut kept);
    let _ = io::copy(&mut errors, &mut io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}

/// Waits for a process. Returns `None` if it did not end within the limit.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if begun.elapsed() >= limit {
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Parses `bash: line 3: syntax error …` or `sh: 3: Syntax error: …`: the line, and the reason. Text of the script,
/// which may contain a secret, is left out.
fn read(said: &str) -> (u32, String) {
    let mut rest = said.split_once(": ").map_or(said, |(_, rest)| rest);
    let mut line = 1;
    if let Some((first, after)) = rest.split_once(": ")
        && let Ok(number) = first.trim_start_matches("line ").parse()
    {
        (line, rest) = (number, after);
    }
    let without_text = rest.split(" near ").next().unwrap_or(rest).split(" (expecting").next().unwrap_or(rest);
    let expected =
        rest.split("(expecting ").nth(1).map(|word| format!(", where {} was expected", word.trim_end_matches(')')));
    (line, format!("{}{}", without_text.to_ascii_lowercase(), expected.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shells_say_is_read_without_the_scripts_text() {
        for (said, line, message) in [
            ("bash: line 3: syntax error near unexpected token `fi'", 3, "syntax error"),
            (
                "sh: 2: Syntax error: \"fi\" unexpected (expecting \"then\")",
                2,
                "syntax error: \"fi\" unexpected, where \"then\" was expected",
            ),
            ("sh: 4: Syntax error: Unterminated quoted string", 4, "syntax error: unterminated quoted string"),
        ] {
            assert_eq!(read(said), (line, message.to_owned()));
        }
    }
}
