//! A command that has ended: what it said, and what it must have said.

use std::fmt;

use serde_json::Value;

/// A process that has ended.
pub struct Ran {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// Without what differs from run to run; see [`steady`](crate::steady::steady).
    pub stdout: String,
    pub stderr: String,
    pub raw_stdout: String,
    pub raw_stderr: String,
}

impl Ran {
    /// It ended with this exit code.
    #[track_caller]
    pub fn exit(self, code: i32) -> Self {
        assert_eq!((self.code, self.signal), (Some(code), None), "\n{self}");
        self
    }

    /// Standard output is exactly this.
    #[track_caller]
    pub fn stdout(self, expected: &str) -> Self {
        assert!(self.stdout == expected, "standard output should be\n{expected}\nbut\n{self}");
        self
    }

    /// Standard error is exactly this.
    #[track_caller]
    pub fn stderr(self, expected: &str) -> Self {
        assert!(self.stderr == expected, "standard error should be\n{expected}\nbut\n{self}");
        self
    }

    /// Standard output or standard error has this somewhere.
    #[track_caller]
    pub fn says(self, expected: &str) -> Self {
        let streams = [&self.stdout, &self.stderr, &self.raw_stdout, &self.raw_stderr];
        assert!(streams.iter().any(|stream| stream.contains(expected)), "it should say\n{expected}\n{self}");
        self
    }

    /// Standard output or standard error has each of these somewhere.
    #[track_caller]
    pub fn says_all(self, expected: &[&str]) -> Self {
        expected.iter().fold(self, |ran, text| ran.says(text))
    }

    /// Standard error has each of these somewhere.
    #[track_caller]
    pub fn tells_all(self, expected: &[&str]) -> Self {
        for text in expected {
            assert!(self.raw_stderr.contains(text), "standard error should have\n{text}\n{self}");
        }
        self
    }

    /// Neither standard output nor standard error has this anywhere.
    #[track_caller]
    pub fn never_says(self, unwanted: &str) -> Self {
        assert!(!self.raw_stdout.contains(unwanted) && !self.raw_stderr.contains(unwanted), "{unwanted:?} in\n{self}");
        self
    }

    /// All that it wrote: standard output, then standard error.
    pub fn all(&self) -> String {
        format!("{}{}", self.raw_stdout, self.raw_stderr)
    }

    /// Standard output, all of which is one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.raw_stdout).unwrap_or_else(|error| panic!("not JSON: {error}\n{self}"))
    }

    /// Standard output, each line of which is a JSON document.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON: {error}: {line}"));
        self.raw_stdout.lines().map(parse).collect()
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit code {:?}, signal {:?}", self.code, self.signal)?;
        write!(f, "--- standard output\n{}--- standard error\n{}", self.stdout, self.stderr)
    }
}
