//! The run of user data: the steps that an instance performs at its first start, before it is handed over.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::config::{FileToWrite, UserDataStep};
use super::console::say;
use super::job::{JobEnvironment, spawn};
use crate::host::protocol::InstanceLayout;
use crate::os::files;
use crate::provider::ExitOutcome;

/// The number of the console's last lines in the message of a failure.
const TAIL_LINES: usize = 10;

/// The maximum number of bytes of the console's end that is read for that.
const TAIL_BYTES: usize = 4096;

/// The reason why user data did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UserDataFailure {
    /// A file cannot be written.
    #[error("user data: cannot write {}: {why}", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// A script cannot be started.
    #[error("user data: cannot run {name}: {why}")]
    Unrun {
        /// The script.
        name: String,
        /// The system's reason.
        why: String,
    },
    /// A script failed.
    #[error("user data: {name} {how}; {console}")]
    Failed {
        /// The script.
        name: String,
        /// How it ended.
        how: String,
        /// The end of the console.
        console: String,
    },
}

/// The run of an instance's user data.
#[derive(Debug)]
pub(super) struct UserDataRun {
    left: VecDeque<UserDataStep>,
    number: usize,
    /// The process and name of the running script.
    current: Option<(i32, String)>,
    /// The outcome of the run.
    result: Option<Result<(), UserDataFailure>>,
}

impl UserDataRun {
    /// Creates a run, which the first [`Self::advance`] starts.
    pub(super) fn new(steps: Vec<UserDataStep>) -> Self {
        Self { left: steps.into(), number: 0, current: None, result: None }
    }

    /// Returns the outcome, if the run has ended.
    pub(super) fn result(&self) -> Option<&Result<(), UserDataFailure>> {
        self.result.as_ref()
    }

    /// Continues with the next script, or with the end.
    pub(super) fn advance(&mut self, directory: &Path, environment: &JobEnvironment) {
        while self.current.is_none() && self.result.is_none() {
            let Some(step) = self.left.pop_front() else {
                self.result = Some(Ok(()));
                return;
            };
            if let Err(failure) = self.take(step, directory, environment) {
                say(directory, &failure.to_string());
                self.result = Some(Err(failure));
            }
        }
    }

    fn take(
        &mut self,
        step: UserDataStep,
        directory: &Path,
        environment: &JobEnvironment,
    ) -> Result<(), UserDataFailure> {
        match step {
            UserDataStep::Say(text) => say(directory, &text),
            UserDataStep::Write(file) => {
                let why = |error: io::Error| error.to_string();
                write(&file).map_err(|error| UserDataFailure::Unwritten { path: file.path.clone(), why: why(error) })?
            }
            UserDataStep::Run { name, script } => {
                self.number += 1;
                let started = self.run_script(&script, directory, environment);
                let process =
                    started.map_err(|error| UserDataFailure::Unrun { name: name.clone(), why: error.to_string() })?;
                self.current = Some((process, name));
            }
        }
        Ok(())
    }

    fn run_script(&self, script: &[u8], directory: &Path, environment: &JobEnvironment) -> io::Result<i32> {
        let scripts = directory.join(InstanceLayout::USER_DATA);
        files::make_private_directory_in_place(&scripts)?;
        let path = scripts.join(format!("{:02}", self.number));
        files::write_whole(&path, script, 0o700, files::Durability::Process)?;
        let console = OpenOptions::new().append(true).create(true).open(directory.join(InstanceLayout::CONSOLE))?;
        // In the home directory, so that files written to relative paths are the instance's own.
        spawn(&[path.to_string_lossy().into_owned()], &directory.join(InstanceLayout::HOME), environment, &console)
    }

    /// Notes that a process ended.
    pub(super) fn ended(&mut self, process: i32, outcome: ExitOutcome, directory: &Path) {
        if self.current.as_ref().is_none_or(|(current, _)| *current != process) {
            return;
        }
        let Some((_, name)) = self.current.take() else { return };
        if !outcome.success() {
            let how = match outcome {
                ExitOutcome::Exit(code) => format!("ended with exit code {code}"),
                other => format!("was {other}"),
            };
            let console =
                files::tail(&directory.join(InstanceLayout::CONSOLE), u64::MAX, TAIL_BYTES).unwrap_or_default();
            let lines: Vec<&str> = console.lines().collect();
            let last = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
            say(directory, &format!("user data: {name} {how}"));
            let console = if last.is_empty() { "its console is empty".into() } else { format!("its console:\n{last}") };
            self.result = Some(Err(UserDataFailure::Failed { name, how, console }));
        }
    }
}

fn write(file: &FileToWrite) -> io::Result<()> {
    if let Some(parent) = file.path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    let mut target = options.create(true).append(file.append).write(true).truncate(!file.append).open(&file.path)?;
    target.write_all(&file.content)?;
    target.set_permissions(Permissions::from_mode(file.mode))
}
