//! Reads an annex's state from the cloud, and records the outcome of changes of earlier processes.

use super::super::cloud::{ObservedAnnex, ObservedState};
use super::super::spec::AnnexSpec;
use super::super::state::{Annex, AnnexEvent, AnnexPhase};
use super::{AnnexError, Reconciler};

impl Reconciler<'_> {
    /// Reads the annex's state from the cloud, and records the outcome of the change of an earlier process, which it
    /// completes first.
    ///
    /// # Errors
    /// The error of the cloud or of the journal.
    pub async fn refresh(&self, record: &mut Annex) -> Result<Option<ObservedAnnex>, AnnexError> {
        let seen = self.look(record).await?;
        if record.stage == AnnexPhase::Applying
            && let Some(seen) = &seen
        {
            self.learn(record, seen).await?;
        }
        if record.stage != AnnexPhase::Ended && !(record.draining.is_empty() && record.releasing.is_empty()) {
            self.learn_of_instances(record).await?;
        }
        Ok(seen)
    }

    /// Records the outcome of the change that is under way.
    pub(super) async fn learn(&self, record: &mut Annex, seen: &ObservedAnnex) -> Result<(), AnnexError> {
        if !record.accepted && shows(record, seen) {
            self.record(record, AnnexEvent::ApplyAccepted { cloud_id: seen.cloud_id.clone() }).await?;
        }
        if !record.accepted || is_stale(record, seen) {
            return Ok(());
        }
        match &seen.state {
            ObservedState::Settled => {
                if let Some(spec) = &record.spec {
                    self.insist(record, || self.cloud.secure(&record.id, spec)).await?;
                }
                self.record(record, AnnexEvent::Applied).await
            }
            ObservedState::Failed(reason) => {
                self.record(record, AnnexEvent::ApplyFailed { reason: reason.clone() }).await
            }
            ObservedState::Changing | ObservedState::Deleting | ObservedState::DeleteFailed(_) => Ok(()),
        }
    }

    /// Records which of the instances that were told to end have ended.
    async fn learn_of_instances(&self, record: &mut Annex) -> Result<(), AnnexError> {
        let instances = self.insist(record, || self.cloud.instances(&record.id)).await?;
        let stays = |id: &String| instances.iter().any(|instance| instance.id == *id && !instance.state.is_gone());
        let mut gone: Vec<String> = Vec::new();
        for id in record.releasing.iter().chain(&record.draining) {
            if !stays(id) && !gone.contains(id) {
                gone.push(id.clone());
            }
        }
        if gone.is_empty() { Ok(()) } else { self.record(record, AnnexEvent::Released { instances: gone }).await }
    }
}

/// Whether the state in the cloud results from the last intended change.
pub(super) fn shows(record: &Annex, seen: &ObservedAnnex) -> bool {
    match &seen.token {
        Some(token) => record.token.as_ref() == Some(token),
        // When the cloud does not show the token, any state of a new annex does; a change is recognised by the end of
        // the lease.
        None => !record.made || is_renewed(record, seen),
    }
}

/// Whether the lease has the end that the last change gave it, and that this end is new.
fn is_renewed(record: &Annex, seen: &ObservedAnnex) -> bool {
    // Clouds store it in whole seconds.
    let end = |spec: &Option<AnnexSpec>| spec.as_ref().map(|spec| spec.expires_at.as_second());
    let shown = seen.expires_at.map(|at| at.as_second());
    shown.is_some() && shown == end(&record.spec) && shown != end(&record.before)
}

/// Whether the cloud still shows the state before the change that it has accepted.
pub(super) fn is_stale(record: &Annex, seen: &ObservedAnnex) -> bool {
    match (&seen.token, &record.spec, seen.expires_at) {
        (Some(_), ..) => !shows(record, seen),
        // Only the end of the lease can tell.
        (None, Some(spec), Some(ends)) if seen.state == ObservedState::Settled => {
            ends.as_second() != spec.expires_at.as_second()
        }
        _ => false,
    }
}
