use std::sync::Arc;

use super::scaler_services::ScalerServices;
use crate::app::CommandError;
use crate::engine::tagged;
use crate::provider::{Cloud, CloudError, Instance};
use crate::scaler::{Fleet, FleetPhase, TAG_PARENT};
use crate::state::StateFile;

/// A cloud with its name, if it can be opened.
pub(crate) type NamedCloud = (String, Result<Arc<dyn Cloud>, CloudError>);

/// A run or an annex to which fleets may belong.
pub(crate) struct Parent<'a> {
    /// What it is, for messages: `run NAME`.
    pub(crate) label: String,
    /// The tag that its workers carry.
    pub(crate) tag: String,
    /// The state file that records it.
    pub(crate) state: &'a StateFile,
    /// Its clouds with their names, as far as they can be opened.
    pub(crate) clouds: Vec<NamedCloud>,
    /// The services that end, if others stay. None: all of it ends.
    pub(crate) only: Option<ScalerServices>,
    /// The command that goes on with its end.
    pub(crate) again: String,
}

impl Parent<'_> {
    /// Returns its fleets that the state file has and that have not ended, whether or not they are to end.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub(crate) fn recorded(&self) -> Result<Vec<Fleet>, CommandError> {
        let rows = self.state.fleets(false)?.into_iter().map(|row| row.record);
        let is_its = |fleet: &Fleet| fleet.phase != FleetPhase::Ended && fleet.parent.as_ref() == Some(&self.tag);
        Ok(rows.filter(is_its).collect())
    }

    /// Returns those of its fleets that are to end.
    pub(super) fn ending(&self, recorded: &[Fleet]) -> Vec<Fleet> {
        let ends = |fleet: &&Fleet| self.only.as_ref().is_none_or(|only| only.has_fleet(fleet));
        recorded.iter().filter(ends).cloned().collect()
    }

    /// Returns the workers that are to end and that a cloud shows, whoever records them. `recorded` are its fleets in
    /// the state file.
    ///
    /// # Errors
    /// The cloud does not answer, or refuses.
    pub(super) async fn workers(&self, cloud: &dyn Cloud, recorded: &[Fleet]) -> Result<Vec<Instance>, CloudError> {
        let mut shown = tagged(cloud, TAG_PARENT, &self.tag).await?;
        shown.retain(|worker| self.only.as_ref().is_none_or(|only| only.has_worker(worker, recorded)));
        Ok(shown)
    }
}
