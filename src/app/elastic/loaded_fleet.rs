use std::path::Path;

use crate::app::Workspace;
use crate::app::coalition::{CoalitionFleet, UserDataChoice, is_coalition_file};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::elastic::fleet::{FleetFile, fleet_name_rule, fleet_of_prefix};

/// A fleet as a file describes it, before its cloud is asked.
pub(crate) struct LoadedFleet {
    /// Its settings.
    pub(crate) file: FleetFile,
    /// The same as the text of a fleet file, which is recorded. It never has secrets.
    pub(crate) text: String,
    /// Text of the file itself, for the lines of problems.
    pub(crate) source: String,
    /// The user data of all its kinds. None: `user_data` of each kind names it.
    pub(crate) user_data: Option<Vec<u8>>,
    /// A bucket, and the keys of what its workers fetch from it, where the file says so.
    pub(crate) bucket: Option<(String, Vec<String>)>,
    /// Remarks, by line.
    pub(crate) notes: Vec<Diagnostic>,
}

impl LoadedFleet {
    /// Reads a fleet file, or one of coalition's own, which ends in `.ini`, with the built-in template.
    ///
    /// # Errors
    /// The file cannot be read, or others may change it; every problem of it, with its line.
    pub(crate) async fn read(workspace: &Workspace, path: &Path) -> Result<Self, Diagnostics> {
        Self::read_with(workspace, path, &UserDataChoice::default()).await
    }

    /// Does the same; `choice` is the user data of one of coalition's. A fleet file names its own.
    ///
    /// # Errors
    /// As of [`Self::read`].
    pub(crate) async fn read_with(
        workspace: &Workspace,
        path: &Path,
        choice: &UserDataChoice,
    ) -> Result<Self, Diagnostics> {
        if is_coalition_file(path) {
            return CoalitionFleet::read(workspace, path, choice).await.map(Self::of_coalition);
        }
        let (file, text) = FleetFile::load_with_text(path)?;
        Ok(Self { file, source: text.clone(), text, user_data: None, bucket: None, notes: Vec::new() })
    }

    /// Gives it another name: workers named `night-1`, `night-2` are of the fleet `night`.
    ///
    /// # Errors
    /// The prefix makes no name of a fleet.
    pub(crate) fn rename(&mut self, prefix: &str) -> Result<(), Diagnostics> {
        let Some(name) = fleet_of_prefix(prefix) else {
            let why = format!("\"{}\" cannot begin the names of workers", prefix.escape_debug());
            return Err(Diagnostic::usage(why).hint(fleet_name_rule()).into());
        };
        self.file.name = Some(name.to_owned());
        self.text = self.file.to_toml();
        Ok(())
    }

    /// Returns the fleet of one of coalition's files.
    pub(crate) fn of_coalition(read: CoalitionFleet) -> Self {
        let CoalitionFleet { fleet, user_data, bucket, text: source, notes } = read;
        Self { text: fleet.to_toml(), file: fleet, source, user_data: Some(user_data), bucket, notes }
    }
}
