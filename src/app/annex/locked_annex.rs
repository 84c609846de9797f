//! An annex that is held for writing, and what work on it needs.

use std::sync::Arc;

use super::failure::{failed, gone};
use crate::annex::{
    Annex, AnnexCloud, AnnexJournal, AnnexSpec, ObservedAnnex, ObservedState, PollPolicy, Progress, Reconciler,
};
use crate::app::{CommandError, Interaction};
use crate::batch::htcondor::HTCondor;
use crate::state::AnnexLock;

/// An annex that nobody else works on meanwhile.
pub(crate) struct LockedAnnex {
    /// What is recorded of it.
    pub(super) record: Annex,
    /// What work on it needs.
    pub(super) tools: AnnexTools,
    _lock: AnnexLock,
}

/// What work on an annex needs.
pub(super) struct AnnexTools {
    /// Where the annex is.
    pub(super) cloud: Arc<dyn AnnexCloud>,
    /// How often one looks, and for how long.
    pub(super) pace: PollPolicy,
    journal: Arc<dyn AnnexJournal>,
    progress: Box<dyn Fn(&Progress) + Send + Sync>,
}

impl LockedAnnex {
    /// Holds the annex by its lock; `user` watches the work on it.
    pub(super) fn new(record: Annex, cloud: Arc<dyn AnnexCloud>, lock: AnnexLock, user: &dyn Interaction) -> Self {
        let pace = if record.place.is_local() { PollPolicy::near() } else { PollPolicy::default() };
        let progress = user.progress(&record.id.name);
        Self { tools: AnnexTools { cloud, pace, journal: lock.journal(), progress }, record, _lock: lock }
    }

    /// Asks the cloud where it stands, and records what came of what an earlier process left; none when it is gone.
    pub(super) async fn refresh(&mut self) -> Result<Option<ObservedAnnex>, CommandError> {
        // Nobody waits for what is only looked at.
        let work = Reconciler { tell: &|_| {}, ..self.tools.reconciler() };
        let seen = work.refresh(&mut self.record).await;
        seen.map_err(|error| failed(&self.record.id.name, error))
    }

    /// The same of an annex that must be there, with what it is to be.
    ///
    /// # Errors
    /// The cloud has nothing of it, or could not be asked.
    pub(super) async fn refresh_present(&mut self) -> Result<(ObservedAnnex, AnnexSpec), CommandError> {
        match (self.refresh().await?, &self.record.spec) {
            (Some(seen), Some(spec)) => Ok((seen, spec.clone())),
            _ => Err(gone(&self.record)),
        }
    }

    /// How many instances it is to have when nobody names another number: those that ended by themselves, since they
    /// had no jobs, do not come back with a change of something else.
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
    /// What brings the cloud to what is wanted.
    pub(super) fn reconciler(&self) -> Reconciler<'_> {
        Reconciler { cloud: &*self.cloud, journal: &*self.journal, tell: &*self.progress, pace: self.pace }
    }

    /// Tells whoever watches.
    pub(super) fn tell(&self, progress: &Progress) {
        (self.progress)(progress);
    }
}

/// The pool that an annex extends, if it extends one.
pub(super) fn pool_of(record: &Annex) -> Option<HTCondor> {
    let joining = record.spec.as_ref()?.joining()?;
    Some(HTCondor::new(Some(joining.central_manager.clone())))
}
