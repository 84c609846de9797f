//! Shells, asked whether they can read a script.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

/// Whether a shell of this name is one that is asked; `ash` is a `sh`.
pub(super) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh")
}

/// What a shell says against a script, with the line that it names; nothing where it can read it, or where the shell is not
/// there to be asked (which is the error).
pub(super) fn check(shell: &str, script: &str) -> io::Result<Option<(u32, String)>> {
    let program = if shell == "ash" { "sh" } else { shell };
    // `-n` reads and runs nothing. No start-up file is read either: BASH_ENV and ENV are taken away.
    let mut child = Command::new(program)
        .arg("-n")
        .env_remove("BASH_ENV")
        .env_remove("ENV")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    // A shell that stops reading has its reason, which is on its standard error. It says little, so that both pipes cannot
    // be full.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(script.as_bytes());
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it cannot be read");
    Ok(Some(read(first)))
}

/// `bash: line 3: syntax error …`, `sh: 3: Syntax error: …`: the line, and what is wrong. The text of the script, which may hold
/// a secret, is left out.
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
