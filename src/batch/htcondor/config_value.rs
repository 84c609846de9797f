//! Values of HTCondor's configuration here.

use std::time::Duration;

use super::command::CondorCommand;
use super::error::HTCondorError;
use super::pool::HTCondor;

/// The time limit for reading HTCondor's configuration, which is in files here.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the program says of a variable that is not set.
const UNSET: &str = "Not defined";

impl HTCondor {
    /// Returns a value of HTCondor's configuration here, or of the defaults that it has built in. None: it is not set.
    ///
    /// # Errors
    /// `condor_config_val` is missing, or cannot read the configuration.
    pub(super) async fn configured(&self, knob: &str) -> Result<Option<String>, HTCondorError> {
        let doing = format!("read {knob} of HTCondor's configuration");
        let mut call = CondorCommand::new("condor_config_val", doing, [knob]);
        call.patience = PATIENCE;
        let ended = call.end(self.search_path()).await?;
        let value = ended.output.trim();
        match ended.status.success() {
            // The program fails for an unset variable.
            false if ![&ended.output, &ended.complaint].iter().any(|text| text.contains(UNSET)) => {
                Err(call.failure(&ended))
            }
            true if !value.is_empty() && !value.starts_with(UNSET) => Ok(Some(value.to_owned())),
            _ => Ok(None),
        }
    }

    /// Does the same; none as well where the configuration cannot be read.
    pub(super) async fn known_config(&self, knob: &str) -> Option<String> {
        self.configured(knob).await.ok().flatten()
    }
}
