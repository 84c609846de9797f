//! A server in a directory of its own, which ends with the test.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A server that was started. It is killed when it is dropped, and when the thread that started it ends.
pub(crate) struct Daemon(Child);

impl Daemon {
    /// Starts a program in `directory`, where its output goes to a file of its name.
    pub(crate) fn start(program: &str, arguments: &[&str], variables: &[(&str, String)], directory: &Path) -> Self {
        let name = Path::new(program).file_name().unwrap();
        let log = File::options().create(true).append(true).open(directory.join(name).with_extension("log")).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", program])
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Tells it to end, and waits for that.
    pub(crate) fn stop(mut self) {
        kill(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGTERM).unwrap();
        self.0.wait().unwrap();
    }

    /// Stops it from computing, or lets it go on: what it listens to stays open.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().cast_signed()), signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}
