//! Where operations work: the state file, and the clouds that are meant where nothing else says so.

use std::path::{Path, PathBuf};

use super::exit::CommandError;
use super::interaction::Interaction;
use super::own_directories::check_beside;
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::CallObserver;
use crate::state::{NoReserve, StateError, StateFile};

/// Where operations work.
pub struct Workspace {
    /// The state file: where runs and annexes are recorded.
    pub state_path: PathBuf,
    /// What overrides the clouds of plans.
    pub clouds: CloudOptions,
    /// Who is told of each call to a cloud.
    pub observer: Option<CallObserver>,
}

/// A cloud, as far as it is named apart from a plan.
#[derive(Clone, Debug, Default)]
pub struct CloudOptions {
    /// The profile that holds credentials.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The address of the cloud's API.
    pub endpoint_url: Option<String>,
}

impl CloudOptions {
    /// Whether any of them is named.
    pub(crate) fn names_a_cloud(&self) -> bool {
        [&self.region, &self.endpoint_url, &self.profile].into_iter().any(Option::is_some)
    }

    /// EC2 as these and the environment name it.
    pub(crate) fn ec2_config(&self) -> CloudConfig {
        let Self { region, endpoint_url, profile } = self.clone();
        CloudConfig { region, endpoint: endpoint_url, profile, ..CloudConfig::of(ProviderRules::EC2.name) }
    }
}

impl Workspace {
    /// Opens the state file, making it when there is none.
    pub(crate) fn state(&self) -> Result<StateFile, CommandError> {
        // Before anything is recorded that would need them.
        check_beside(self.state_path.parent().unwrap_or(Path::new("/")))?;
        StateFile::open(&self.state_path).map_err(CommandError::from)
    }

    /// Opens the state file if there is one to read it, also on a full disk and where nothing may be written.
    pub(crate) fn state_to_read(&self) -> Result<Option<StateFile>, CommandError> {
        StateFile::open_to_read(&self.state_path).map_err(CommandError::from)
    }

    /// Says so where nothing is kept back to record tear-downs with when the disk is full.
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

    /// Opens the state file if there is one: a command that changes something that exists makes none.
    pub(crate) fn existing_state(&self) -> Result<Option<StateFile>, CommandError> {
        StateFile::open_existing(&self.state_path).map_err(CommandError::from)
    }

    /// Opens the state file that records this run; where there is no file, there is no such run.
    pub(crate) fn state_with(&self, name: &str) -> Result<StateFile, CommandError> {
        self.existing_state()?.ok_or_else(|| self.unknown_run(name).into())
    }

    /// The same for a command that brings this run down, which must be recorded also where the disk is full.
    pub(crate) fn state_to_end(&self, name: &str) -> Result<StateFile, CommandError> {
        StateFile::open_to_end(&self.state_path)?.ok_or_else(|| self.unknown_run(name).into())
    }

    /// The error for a run where there is no state file to record it.
    pub(crate) fn unknown_run(&self, name: &str) -> StateError {
        StateError::RunNotFound { name: name.to_owned(), path: self.state_path.clone(), nearest: Vec::new() }
    }
}
