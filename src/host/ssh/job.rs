//! Jobs: programs that a host keeps, started once per key and independent of hoist and of the connection.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::remote_script::{quoted, without_comments};
use crate::os::digest_hex;
use crate::provider::{CompletedProcess, ExitOutcome, OUTPUT_LIMIT, UNPACK};

/// The script that keeps a program.
const KEEPER: &str = include_str!("scripts/job.sh");

/// A program for a host to keep.
#[derive(Clone, Debug)]
pub(super) struct Job<'a> {
    /// The mark variable that all its processes carry.
    pub(super) mark: (&'a str, &'a str),
    /// The working directory; by default the stage directory.
    pub(super) directory: Option<&'a Path>,
    /// The program's path, below the stage directory if it runs there.
    pub(super) program: &'a str,
    /// The arguments.
    pub(super) args: &'a [String],
    /// Variables added to the environment.
    pub(super) environment: &'a [(String, String)],
    /// The archive to unpack first.
    pub(super) archive: Option<Archive<'a>>,
    /// Whether the program gets the environment of a login shell.
    pub(super) login: bool,
}

/// An archive in the stage directory.
#[derive(Clone, Debug)]
pub(super) struct Archive<'a> {
    /// The file's name.
    pub(super) file: &'a str,
    /// The name of the file that lists the unpacked files.
    pub(super) list: String,
}

/// The way in which a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The program ended.
    Program(CompletedProcess),
    /// The archive could not be unpacked.
    Unfit(CompletedProcess),
    /// The login shell ended before it reached the program.
    Unbegun(CompletedProcess),
}

/// Returns the name of a job's files, which depends on its key only.
pub(super) fn name(key: &str) -> String {
    digest_hex(&[key.as_bytes()], 24)
}

/// The reason why a shell cannot run a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScriptError {
    /// A null byte, which ends a word in every shell.
    #[error("a null byte cannot be given to a program")]
    NullByte,
    /// No program is given.
    #[error("there is no program")]
    NoProgram,
    /// An environment variable has an invalid name.
    #[error("{0:?} is no name of a variable that a shell could set")]
    NoVariable(String),
}

impl Job<'_> {
    /// Returns the job as a script, with all values quoted as data.
    ///
    /// # Errors
    /// No shell can run it.
    pub(super) fn script(&self) -> Result<String, ScriptError> {
        let words = self.environment.iter().map(|(_, value)| value).chain(self.args).map(String::as_str);
        if words.chain([self.program]).any(|word| word.contains('\0')) {
            return Err(ScriptError::NullByte);
        }
        if self.program.is_empty() {
            return Err(ScriptError::NoProgram);
        }
        let mut text = format!("export {}={}\nprogram() {{\n", self.mark.0, quoted(self.mark.1));
        for (name, value) in self.environment {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_name) {
                return Err(ScriptError::NoVariable(name.clone()));
            }
            // Writing to a string cannot fail.
            let _ = writeln!(text, "export {name}={}", quoted(value));
        }
        let below = if let Some(directory) = self.directory {
            let _ = writeln!(text, "cd {} || exit 126", quoted(&directory.to_string_lossy()));
            ""
        } else {
            text.push_str("cd \"$stage\" || exit 126\n");
            "\"$stage\"/"
        };
        if let Some(Archive { file, list }) = &self.archive {
            let (archive, program, list) = (quoted(file), quoted(self.program), quoted(list));
            let _ = writeln!(
                text,
                "{UNPACK}{{ unpack {archive} {program} {list} && chmod +x {program}; }} || {{ : > \"$job/unfit\"; exit 1; }}"
            );
        }
        text.push_str(if self.login { "login" } else { "exec" });
        let _ = write!(text, " {below}{}", quoted(self.program));
        for word in self.args {
            let _ = write!(text, " {}", quoted(word));
        }
        text.push_str("\n}\n");
        text.push_str(&without_comments(KEEPER));
        Ok(text)
    }
}

/// The maximum in seconds, 30 years: longer than any host stays up, and within the range of every shell's arithmetic.
const LONGEST: u64 = 30 * 365 * 24 * 3600;

/// Returns a time limit in whole seconds, the keeper's unit.
pub(super) fn seconds(limit: Duration) -> u64 {
    limit.as_secs().saturating_add(u64::from(limit.subsec_nanos() > 0)).clamp(1, LONGEST)
}

/// Parses the output of `run.sh`: a line with the way it ended, then the program's output.
pub(super) fn ending(rest: &[u8]) -> Option<Ending> {
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    let mut words = line.split(' ');
    let (how, code, took) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let output = &rest[end + 1..];
    let output = &output[output.len().saturating_sub(OUTPUT_LIMIT)..];
    let finished = |outcome| CompletedProcess {
        outcome,
        output: String::from_utf8_lossy(output).into_owned(),
        took: Duration::from_millis(took),
    };
    Some(match how {
        "exit" => Ending::Program(finished(ExitOutcome::Exit(code))),
        "signal" => Ending::Program(finished(ExitOutcome::Signal(code))),
        "timeout" => Ending::Program(finished(ExitOutcome::TimedOut)),
        "unfit" => Ending::Unfit(finished(ExitOutcome::Exit(code))),
        "unbegun" => Ending::Unbegun(finished(ExitOutcome::Exit(code))),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job<'a>(args: &'a [String], environment: &'a [(String, String)]) -> Job<'a> {
        Job {
            mark: ("MARK", "m'$x"),
            directory: Some(Path::new("/")),
            program: "printf",
            args,
            environment,
            archive: None,
            login: false,
        }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn words_are_data() {
        let args = words(&["%s|", "a b", "$(touch /tmp/x)", "it's", "", "`x`", "\n", "-n", "\\", "ü"]);
        let environment = [("A_1".to_owned(), "$x 'y'\n".to_owned())];
        let script = job(&args, &environment).script().unwrap();
        let shown = std::process::Command::new("sh")
            .args(["-c", &format!("{}\nprogram; ", script.split("job=").next().unwrap())])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(shown.stdout).unwrap(), args[1..].join("|") + "|");
        assert!(script.contains("export A_1='$x '\\''y'\\''\n'\n"), "{script}");
    }

    #[test]
    fn what_no_shell_could_be_given_is_refused() {
        let variable = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        assert!(job(&words(&["a\0b"]), &[]).script().is_err());
        assert!(Job { program: "", ..job(&[], &[]) }.script().is_err());
        for environment in [variable("1A", "x"), variable("A;x", "x"), variable("", "x"), variable("A", "\0")] {
            assert!(job(&[], &environment).script().is_err(), "{environment:?}");
        }
    }

    #[test]
    fn limits_are_rounded_up() {
        assert_eq!(seconds(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::from_millis(1001)), 2);
        // 32-bit shells count to 2,147,483,647.
        assert_eq!(seconds(Duration::MAX), 946_080_000);
    }

    #[test]
    fn answers_are_read() {
        let Some(Ending::Program(read)) = ending(b"exit 3 1250\nhello\n") else { panic!() };
        assert_eq!(
            (read.outcome, read.output.as_str(), read.took.as_millis()),
            (ExitOutcome::Exit(3), "hello\n", 1250)
        );
        for (answer, outcome) in
            [(&b"signal 9 0\n"[..], ExitOutcome::Signal(9)), (b"timeout 0 5\n", ExitOutcome::TimedOut)]
        {
            assert!(matches!(ending(answer), Some(Ending::Program(read)) if read.outcome == outcome));
        }
        assert!(matches!(ending(b"unfit 2 5\ntar: no\n"), Some(Ending::Unfit(read)) if read.output == "tar: no\n"));
        for cut in [&b""[..], b"\n", b"exit 3", b"exit 3 1", b"exit x 1\n", b"hello\n"] {
            assert!(ending(cut).is_none(), "{cut:?}");
        }
    }
}
