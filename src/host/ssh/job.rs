//! A program as a host keeps it: started once for its key, whatever becomes of us or the connection.

use std::fmt::Write as _;
use std::time::Duration;

use crate::engine::{Command, Finished, OUTPUT_LIMIT, Outcome};
use crate::host::files::digest_hex;

/// What keeps a program.
const KEEPER: &str = include_str!("scripts/job.sh");

/// What a job is called in its directory: the same for the same key.
pub(super) fn name(command: &Command) -> String {
    digest_hex(&[command.key.as_bytes()], 24)
}

/// The job of a command, as a script: what it is given stands in it as data, each word quoted. `mark` is a variable that
/// all its processes carry.
pub(super) fn script(command: &Command, mark: (&str, &str)) -> Result<String, String> {
    if command.argv.is_empty() {
        return Err("there is no program".to_owned());
    }
    let mut text = format!("export {}={}\nprogram() {{\n", mark.0, quoted(mark.1)?);
    for (name, value) in &command.environment {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_name) {
            return Err(format!("{name:?} is no name of a variable that a shell could set"));
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "export {name}={}", quoted(value)?);
    }
    let _ = writeln!(text, "cd {} || exit 126", quoted(&command.directory.to_string_lossy())?);
    text.push_str("exec");
    for word in &command.argv {
        let _ = write!(text, " {}", quoted(word)?);
    }
    text.push_str("\n}\n");
    text.push_str(KEEPER);
    Ok(text)
}

/// A word for a shell, which takes it as it is.
fn quoted(word: &str) -> Result<String, String> {
    if word.contains('\0') {
        return Err("a null byte cannot be given to a program".to_owned());
    }
    Ok(format!("'{}'", word.replace('\'', r"'\''")))
}

/// A time limit in whole seconds, as the keeper counts.
pub(super) fn seconds(limit: Duration) -> u64 {
    limit.as_secs().saturating_add(u64::from(limit.subsec_nanos() > 0)).max(1)
}

/// Reads what `run.sh` printed: points, a line with how it ended, its output.
pub(super) fn finished(answer: &[u8]) -> Option<Finished> {
    let rest = &answer[answer.iter().position(|&byte| byte != b'.')?..];
    let rest = rest.strip_prefix(b"\n")?;
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    let mut words = line.split(' ');
    let (how, code, took) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let outcome = match how {
        "exit" => Outcome::Exit(code),
        "signal" => Outcome::Signal(code),
        "timeout" => Outcome::TimedOut,
        _ => return None,
    };
    let output = &rest[end + 1..];
    let output = &output[output.len().saturating_sub(OUTPUT_LIMIT)..];
    Some(Finished { outcome, output: String::from_utf8_lossy(output).into_owned(), took: Duration::from_millis(took) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(argv: &[&str], environment: &[(&str, &str)]) -> Command {
        Command {
            key: "k".to_owned(),
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            directory: "/".into(),
            environment: environment.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn words_are_data() {
        let argv = ["printf", "%s|", "a b", "$(touch /tmp/x)", "it's", "", "`x`", "\n", "-n", "\\", "ü"];
        let script = script(&command(&argv, &[("A_1", "$x 'y'\n")]), ("MARK", "m'$x")).unwrap();
        let shown = std::process::Command::new("sh")
            .args(["-c", &format!("{}\nprogram; ", script.split("job=").next().unwrap())])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(shown.stdout).unwrap(), argv[2..].join("|") + "|");
        assert!(script.contains("export A_1='$x '\\''y'\\''\n'\n"), "{script}");
    }

    #[test]
    fn what_no_shell_could_be_given_is_refused() {
        for (argv, environment) in [
            (&[] as &[&str], &[] as &[(&str, &str)]),
            (&["a\0b"], &[]),
            (&["a"], &[("1A", "x")]),
            (&["a"], &[("A;x", "x")]),
            (&["a"], &[("", "x")]),
            (&["a"], &[("A", "\0")]),
        ] {
            assert!(script(&command(argv, environment), ("MARK", "m")).is_err(), "{argv:?} {environment:?}");
        }
    }

    #[test]
    fn limits_are_rounded_up() {
        assert_eq!(seconds(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::from_millis(1001)), 2);
        assert_eq!(seconds(Duration::MAX), u64::MAX);
    }

    #[test]
    fn answers_are_read() {
        let read = finished(b"...\nexit 3 1250\nhello\n").unwrap();
        assert_eq!((read.outcome, read.output.as_str(), read.took.as_millis()), (Outcome::Exit(3), "hello\n", 1250));
        assert_eq!(finished(b"\nsignal 9 0\n").unwrap().outcome, Outcome::Signal(9));
        assert_eq!(finished(b"\ntimeout 0 5\n").unwrap().outcome, Outcome::TimedOut);
        for cut in [&b""[..], b"...", b"\n", b"\nexit 3", b"\nexit 3 1", b"\nexit x 1\n", b"hello\n"] {
            assert!(finished(cut).is_none(), "{cut:?}");
        }
    }
}
