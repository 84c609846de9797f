//! A process that was started, and what it has written so far.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ran::Ran;
use crate::steady::steady;

/// The longest pause between two looks at a process whose end is waited for.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// How long one that hangs may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(10);

/// A process that was started. It does not outlive a test that fails.
pub struct Running {
    pub(crate) child: Child,
    pub(crate) out: File,
    pub(crate) err: File,
    pub(crate) root: PathBuf,
    pub(crate) longest: Duration,
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

    /// Waits for its end. One that hangs is told to end, so that it says how far it came, and fails the test.
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        let give_up = Instant::now() + self.longest;
        if !self.ends_by(give_up) {
            self.signal(Signal::SIGTERM);
            self.ends_by(Instant::now() + GRACE);
            panic!("it does not end\n{}\n{}", self.stdout(), self.stderr());
        }
        let status = self.child.wait().unwrap();
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

    /// Kills it, unless it has ended this moment; tells whether it was killed.
    pub fn kill(mut self) -> bool {
        let _ = self.child.kill();
        self.child.wait().unwrap().signal() == Some(Signal::SIGKILL as i32)
    }

    fn ends_by(&mut self, give_up: Instant) -> bool {
        let mut pause = Duration::from_millis(1);
        while !self.is_over() {
            if Instant::now() > give_up {
                return false;
            }
            std::thread::sleep(pause);
            // Short commands are noticed soon, and long ones leave the processors to others.
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        true
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
