//! Starting an init.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::init::{ARGUMENT, PROBE, Report};
use super::protocol::Layout;

/// What an init is called in lists of processes.
const NAME: &str = "hoist";

/// The program that this process runs, to be started again as an init: the very file, also when it has been replaced or
/// removed since, as an upgrade does.
pub fn own_program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// An init on its way up.
#[derive(Debug)]
pub(crate) struct Starting {
    process: Child,
}

impl Starting {
    /// Starts `program` as the init of the host in `directory`, with exactly this environment.
    pub(crate) fn begin(
        program: &Path,
        directory: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> io::Result<Self> {
        let console = OpenOptions::new().append(true).create(true).mode(0o600).open(directory.join(Layout::CONSOLE))?;
        let process = Command::new(program)
            .arg0(NAME)
            .arg(ARGUMENT)
            .arg(directory)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(console)
            .spawn()?;
        Ok(Self { process })
    }

    /// Waits until it serves or failed to. The init itself goes on; only the process that started it ends here.
    pub(crate) fn finish(mut self) -> Report {
        let mut text = String::new();
        let read = match &mut self.process.stdout {
            Some(output) => output.read_to_string(&mut text).map(drop),
            None => Ok(()),
        };
        match read.and_then(|()| self.process.wait()) {
            Ok(_) => Report::read(&text),
            Err(error) => Report::Failed(error.to_string()),
        }
    }
}

/// Whether this kernel gives this user the namespaces that keep instances apart, or why not.
pub(crate) fn probe_namespaces(program: &Path) -> Result<(), String> {
    let output = Command::new(program)
        .arg0(NAME)
        .args([ARGUMENT, PROBE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    match Report::read(&String::from_utf8_lossy(&output.stdout)) {
        Report::Ready | Report::AlreadyThere => Ok(()),
        Report::Failed(reason) => Err(reason),
    }
}
