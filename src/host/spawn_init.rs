//! Starting an init.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::init::{ARGUMENT, PROBE, StartReport};
use super::protocol::InstanceLayout;
use crate::os::cgroup::Cgroup;

/// What an init is called in lists of processes.
const NAME: &str = "hoist";

/// The program that this process runs, to be started again as an init: the very file, also when it has been replaced or
/// removed since, as an upgrade does.
pub fn own_program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// An init on its way up.
#[derive(Debug)]
pub(crate) struct InitHandle {
    process: Child,
}

impl InitHandle {
    /// Starts `program` as the init of the host in `directory`, with exactly this environment, in this control group
    /// from its first instruction on.
    pub(crate) fn begin(
        program: &Path,
        directory: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        cgroup: Option<&Cgroup>,
    ) -> io::Result<Self> {
        let console =
            OpenOptions::new().append(true).create(true).mode(0o600).open(directory.join(InstanceLayout::CONSOLE))?;
        let mut command = Command::new(program);
        if let Some(cgroup) = cgroup {
            let entrance = cgroup.entrance()?;
            // SAFETY: one system call, which may be made between fork and exec.
            unsafe { command.pre_exec(move || Ok(nix::unistd::write(&entrance, b"0").map(drop)?)) };
        }
        let process = command
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
    pub(crate) fn finish(mut self) -> StartReport {
        let mut text = String::new();
        let read = match &mut self.process.stdout {
            Some(output) => output.read_to_string(&mut text).map(drop),
            None => Ok(()),
        };
        match read.and_then(|()| self.process.wait()) {
            Ok(_) => StartReport::read(&text),
            Err(error) => StartReport::Failed(error.to_string()),
        }
    }
}

/// Whether this kernel gives this user the namespaces that keep instances apart.
///
/// # Errors
/// Why it does not.
pub(crate) fn probe_namespaces(program: &Path) -> io::Result<()> {
    let output = Command::new(program)
        .arg0(NAME)
        .args([ARGUMENT, PROBE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot run {}: {error}", program.display())))?;
    match StartReport::read(&String::from_utf8_lossy(&output.stdout)) {
        StartReport::Ready | StartReport::AlreadyThere => Ok(()),
        StartReport::Failed(reason) => Err(io::Error::other(reason)),
    }
}
