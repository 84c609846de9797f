//! The workspace of operations: the state file, and the default clouds.

use std::path::{Path, PathBuf};

use super::exit::CommandError;
use super::interaction::Interaction;
use super::own_directories::check_beside;
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::CallObserver;
use crate::state::{NoReserve, StateError, StateFile};

/// The workspace of operations.
#[derive(Clone)]
pub struct Workspace {
    /// Path of the state file, which records runs and annexes.
    pub state_path: PathBuf,
    /// Options that override the clouds of plans.
    pub clouds: CloudOptions,
    /// Observer of each call to a cloud.
    pub observer: Option<CallObserver>,
}

/// Options that name a cloud outside a plan.
#[derive(Clone, Debug, Default)]
pub struct CloudOptions {
    /// Profile with the credentials.
    pub profile: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Address of the cloud's API.
    pub endpoint_url: Option<String>,
}

impl CloudOptions {
    /// Returns whether any option is set.
    pub(crate) fn names_a_cloud(&self) -> bool {
        [&self.region, &self.endpoint_url, &self.profile].into_iter().any(Option::is_some)
    }

    /// Returns the configuration of EC2 from the options and the environment.
    pub(crate) fn ec2_config(&self) -> CloudConfig {
        let Self { region, endpoint_url, profile } = self.clone();
        CloudConfig { region, endpoint: endpoint_url, profile, ..CloudConfig::of(ProviderRules::EC2.name) }
    }
}

impl Workspace {
    /// Returns the directory of the state file, as it was given.
    pub(crate) fn beside(&self) -> &Path {
        self.state_path.parent().unwrap_or(Path::new("/"))
    }

    /// Opens the state file, creating it if there is none.
    pub(crate) fn state(&self) -> Result<StateFile, CommandError> {
        // Checked before anything is recorded that would need these directories.
        check_beside(self.beside())?;
        StateFile::open(&self.state_path).map_err(CommandError::from)
    }

    /// Opens the state file for reading, if there is one; works on a full disk and without write permission.
    pub(crate) fn state_to_read(&self) -> Result<Option<StateFile>, CommandError> {
        StateFile::open_to_read(&self.state_path).map_err(CommandError::from)
    }

    /// Warns if there is no disk reserve for recording tear-downs on a full disk.
    pub(crate) fn warn_of_no_reserve(&self, state: &StateFile, user: &dyn Interaction) {
        let Some(NoReserve { file, size, missing }) = state.lacks_reserve() else { return };
        let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / f64::from(1 << 20));
        let why = match missing {
            0 => "it could not be made".to_owned(),
            missing => format!("{} more would have to be free", megabytes(missing)),
        };
        user.note(&format!(
            "no room is kept back in {} ({}): {why}. Where the disk is full, what is brought down may not be recorded, and \
             `terminate` stops until there is room",
            file.display(),
            megabytes(size)
        ));
    }

    /// Opens the state file if there is one: commands on existing runs do not create it.
    pub(crate) fn existing_state(&self) -> Result<Option<StateFile>, CommandError> {
        StateFile::open_existing(&self.state_path).map_err(CommandError::from)
    }

    /// Opens the state file that records this run; fails with "no such run" if there is no file.
    pub(crate) fn state_with(&self, name: &str) -> Result<StateFile, CommandError> {
        self.existing_state()?.ok_or_else(|| self.unknown_run(name).into())
    }

    /// Does the same for a command that terminates this run, which must be recorded even on a full disk.
    pub(crate) fn state_to_end(&self, name: &str) -> Result<StateFile, CommandError> {
        StateFile::open_to_end(&self.state_path)?.ok_or_else(|| self.unknown_run(name).into())
    }

    /// Returns the error for a run if no state file exists.
    pub(crate) fn unknown_run(&self, name: &str) -> StateError {
        StateError::RunNotFound { name: name.to_owned(), path: self.state_path.clone(), nearest: Vec::new() }
    }
}
