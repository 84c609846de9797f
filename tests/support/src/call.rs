//! One command line, to be run as a process.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::time::Duration;

use nix::sys::signal::{SigHandler, Signal, signal};

use crate::eventually::PATIENCE;
use crate::place;
use crate::ran::Ran;
use crate::running::Running;

/// Where programs are looked for, unless a test says otherwise.
pub const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The longest that a command may take at AWS, where a machine that was asked for may still appear for five minutes.
const LONGEST_ON_AWS: Duration = Duration::from_secs(600);

/// A command line that was not run yet. Nothing of the tests' own environment reaches it.
pub struct Call {
    command: Command,
    root: PathBuf,
    input: Vec<u8>,
    longest: Duration,
}

impl Call {
    /// `binary` is the program and what its arguments begin with; it is run in `root`.
    pub fn new(root: &Path, binary: &[OsString]) -> Self {
        let mut command = Command::new(&binary[0]);
        command.args(&binary[1..]).env_clear().current_dir(root);
        let call = Self { command, root: root.to_path_buf(), input: Vec::new(), longest: PATIENCE };
        call.env("PATH", SEARCH_PATH).env("TERM", "xterm").env("TZ", "UTC").env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// hoist, in `root`.
    pub fn hoist(root: &Path) -> Self {
        Self::new(root, &[place::hoist().into()])
    }

    /// With more arguments, separated by spaces.
    pub fn words(self, words: &str) -> Self {
        self.args(words.split_whitespace())
    }

    /// With more arguments, which may hold anything.
    pub fn args<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.command.args(arguments);
        self
    }

    /// With one more argument, which may hold anything.
    pub fn arg(self, argument: impl AsRef<OsStr>) -> Self {
        self.args([argument])
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// As a user of AWS with these keys, whose calls go to `endpoint`.
    pub fn on_aws(self, id: &str, secret: &str, endpoint: &str) -> Self {
        self.within(LONGEST_ON_AWS)
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", endpoint)
    }

    /// In another directory than the one that its output is told by.
    pub fn in_directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// With this on its standard input, which is empty otherwise.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// It must have ended after this time.
    pub fn within(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// The command itself, for what a call cannot do.
    pub fn into_command(mut self) -> Command {
        self.command.stdin(Stdio::null());
        self.command
    }

    /// Starts it.
    #[track_caller]
    pub fn spawn(mut self) -> Running {
        let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let shown = format!("{:?}", self.command);
        heed_hangup();
        let mut child = self
            .command
            .process_group(0)
            .stdin(if self.input.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(out.try_clone().unwrap())
            .stderr(err.try_clone().unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
        if let Some(mut input) = child.stdin.take() {
            // A command that refuses its arguments reads nothing.
            let _ = input.write_all(&self.input);
        }
        Running { child, out, err, root: self.root, longest: self.longest }
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(self) -> Ran {
        self.spawn().wait()
    }

    /// Runs it to its end, which must be this exit code.
    #[track_caller]
    pub fn exit(self, code: i32) -> Ran {
        self.run().exit(code)
    }
}

/// Lets programs that are started heed SIGHUP: whoever runs the tests may ignore it (nohup), and whatever they start would, too.
///
/// A handler of this process is none of theirs, where what is ignored stays so (`execve(2)`). To change that in the child alone
/// would need a fork of this process, which takes long where it holds much memory.
fn heed_hangup() {
    extern "C" fn pass_over(_: i32) {}
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler does nothing, and what is put back was there.
        unsafe {
            let before = signal(Signal::SIGHUP, SigHandler::Handler(pass_over)).expect("SIGHUP can be handled");
            if !matches!(before, SigHandler::SigIgn) {
                signal(Signal::SIGHUP, before).expect("SIGHUP can be handled");
            }
        }
    });
}
