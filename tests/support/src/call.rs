//! One command line, run as a process, and what came of it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::eventually::PATIENCE;
use crate::steady::steady;

/// A command line that was not run yet.
pub struct Call {
    command: Command,
    root: PathBuf,
}

impl Call {
    /// `binary` is the program and what its arguments begin with.
    pub fn new(root: &Path, binary: &[OsString]) -> Self {
        let mut command = Command::new(&binary[0]);
        command.args(&binary[1..]).env_clear().current_dir(root).stdin(Stdio::null());
        Self { command, root: root.to_path_buf() }
    }

    pub fn args<T: AsRef<OsStr>>(&mut self, arguments: impl IntoIterator<Item = T>) {
        self.command.args(arguments);
    }

    /// With one more argument, which may hold anything.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// The command itself, for what a call cannot do.
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Starts it.
    #[track_caller]
    pub fn spawn(mut self) -> Running {
        let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let shown = format!("{:?}", self.command);
        let child = self
            .command
            .process_group(0)
            .stdout(out.try_clone().unwrap())
            .stderr(err.try_clone().unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
        Running { child, out, err, root: self.root }
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(self) -> Ran {
        self.spawn().wait()
    }

    /// Runs it to its end, which must be this exit code.
    #[track_caller]
    pub fn exit(self, code: i32) -> Ran {
        self.run().exited(code)
    }
}

/// A process that was started.
pub struct Running {
    child: Child,
    out: File,
    err: File,
    root: PathBuf,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// What it wrote to standard output until now.
    pub fn stdout(&self) -> String {
        content(&self.out)
    }

    /// What it wrote to standard error until now.
    pub fn stderr(&self) -> String {
        content(&self.err)
    }

    /// Whether it has ended.
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end; a process that hangs fails the test.
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        let give_up = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < give_up, "it does not end\n{}\n{}", self.stdout(), self.stderr());
            std::thread::sleep(Duration::from_millis(1));
        };
        let (raw_stdout, raw_stderr) = (self.stdout(), self.stderr());
        let ran = Ran {
            code: status.code(),
            signal: status.signal(),
            stdout: steady(&raw_stdout, &self.root),
            stderr: steady(&raw_stderr, &self.root),
            raw_stdout,
            raw_stderr,
        };
        assert!(ran.code != Some(101) && !ran.raw_stderr.contains("panicked"), "hoist panicked\n{ran}");
        ran
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only what a failing test left running: a child that was waited for is not signalled.
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What was written to a file so far. It is opened anew, since its position is shared with who writes.
fn content(file: &File) -> String {
    let bytes = std::fs::read(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A process that has ended.
pub struct Ran {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// Without what differs from run to run; see [`steady`].
    pub stdout: String,
    pub stderr: String,
    pub raw_stdout: String,
    pub raw_stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn exited(self, code: i32) -> Self {
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
        assert!(self.stdout.contains(expected) || self.stderr.contains(expected), "it should say\n{expected}\n{self}");
        self
    }

    /// Neither standard output nor standard error has this anywhere.
    #[track_caller]
    pub fn never_says(self, unwanted: &str) -> Self {
        assert!(!self.raw_stdout.contains(unwanted) && !self.raw_stderr.contains(unwanted), "{unwanted:?} in\n{self}");
        self
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
