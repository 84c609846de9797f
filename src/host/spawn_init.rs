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

/// The name of inits in lists of processes.
const NAME: &str = "hoist";

/// Returns the program of this process, for starting it again as an init: the same file, even if it has been replaced
/// or removed since, as by an upgrade.
pub fn own_program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// An init that is starting.
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
            // SAFETY: makes one system call, which is allowed between fork and exec.
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

    /// Waits until the init serves or has failed to. Only the process that started the init ends here.
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

/// Checks whether the kernel allows this user the namespaces that isolate instances.
///
/// # Errors
/// The reason why it does not.
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
