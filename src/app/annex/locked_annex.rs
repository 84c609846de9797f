//! An annex locked for writing, and the tools to work on it.

use std::sync::Arc;

use super::failure::{failed, gone};
use crate::annex::{
    Annex, AnnexCloud, AnnexJournal, AnnexSpec, ObservedAnnex, ObservedState, PollPolicy, Progress, Reconciler,
};
use crate::app::{CommandError, Interaction};
use crate::batch::htcondor::HTCondor;
use crate::state::AnnexLock;

/// An annex locked against other processes.
pub(crate) struct LockedAnnex {
    /// Record of the annex.
    pub(super) record: Annex,
    /// Tools for work on the annex.
    pub(super) tools: AnnexTools,
    _lock: AnnexLock,
}

/// Tools for work on an annex.
pub(super) struct AnnexTools {
    /// Cloud of the annex.
    pub(super) cloud: Arc<dyn AnnexCloud>,
    /// Interval and time limit of polling.
    pub(super) pace: PollPolicy,
    journal: Arc<dyn AnnexJournal>,
    progress: Box<dyn Fn(&Progress) + Send + Sync>,
}

impl LockedAnnex {
    /// Creates a locked annex from its record and lock; `user` gets the progress of the work.
    pub(super) fn new(record: Annex, cloud: Arc<dyn AnnexCloud>, lock: AnnexLock, user: &dyn Interaction) -> Self {
        let pace = if record.place.is_local() { PollPolicy::near() } else { PollPolicy::default() };
        let progress = user.progress(&record.id.name);
        let tools = AnnexTools { cloud, pace, journal: lock.journal(), progress };
        Self { tools, record, _lock: lock }
    }

    /// Asks the cloud for the state of the annex, and records the result of an earlier process's change; returns none
    /// if the annex is gone.
    pub(super) async fn refresh(&mut self) -> Result<Option<ObservedAnnex>, CommandError> {
        // A mere look reports no progress.
        let work = Reconciler { tell: &|_| {}, ..self.tools.reconciler() };
        let seen = work.refresh(&mut self.record).await;
        seen.map_err(|error| failed(&self.record.id.name, error))
    }

    /// Refreshes an annex that must exist; returns its specification as well.
    ///
    /// # Errors
    /// The cloud has nothing of it, or could not be asked.
    pub(super) async fn refresh_present(&mut self) -> Result<(ObservedAnnex, AnnexSpec), CommandError> {
        match (self.refresh().await?, &self.record.spec) {
            (Some(seen), Some(spec)) => Ok((seen, spec.clone())),
            _ => Err(gone(&self.record)),
        }
    }

    /// Returns the number of instances when no other is requested: instances that ended by themselves for lack of jobs
    /// are not brought back by a change of another setting.
    pub(super) async fn size(&self, seen: &ObservedAnnex, spec: &AnnexSpec) -> Result<u32, CommandError> {
        if seen.state != ObservedState::Settled {
            return Ok(spec.count);
        }
        let instances = self.tools.cloud.instances(&self.record.id).await?;
        let living = instances.iter().filter(|instance| !instance.state.is_gone()).count();
        Ok(spec.count.min(seen.wanted.max(u32::try_from(living).unwrap_or(u32::MAX))))
    }
}

impl AnnexTools {
    /// Returns the reconciler for this annex.
    pub(super) fn reconciler(&self) -> Reconciler<'_> {
        Reconciler { cloud: &*self.cloud, journal: &*self.journal, tell: &*self.progress, pace: self.pace }
    }

    /// Reports progress to the user.
    pub(super) fn tell(&self, progress: &Progress) {
        (self.progress)(progress);
    }
}

/// Returns the pool that the annex extends, if any.
pub(super) fn pool_of(record: &Annex) -> Option<HTCondor> {
    let joining = record.spec.as_ref()?.joining()?;
    Some(HTCondor::new(Some(joining.central_manager.clone())))
}
