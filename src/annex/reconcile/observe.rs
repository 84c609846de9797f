//! Asking the cloud where an annex stands, and what came of what an earlier process left.

use super::super::cloud::{ObservedAnnex, ObservedState};
use super::super::spec::AnnexSpec;
use super::super::state::{Annex, AnnexEvent, AnnexPhase};
use super::{AnnexError, Reconciler};

impl Reconciler<'_> {
    /// Asks the cloud where the annex stands, and records what came of what an earlier process left. Changes nothing on
    /// the cloud.
    ///
    /// # Errors
    /// What the cloud answers, and what keeps it from being recorded.
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

    /// Records what the cloud shows of the change that is under way.
    pub(super) async fn learn(&self, record: &mut Annex, seen: &ObservedAnnex) -> Result<(), AnnexError> {
        if !record.accepted && shows(record, seen) {
            self.record(record, AnnexEvent::ApplyAccepted { cloud_id: seen.cloud_id.clone() }).await?;
        }
        if !record.accepted || is_stale(record, seen) {
            return Ok(());
        }
        match &seen.state {
            ObservedState::Settled => self.record(record, AnnexEvent::Applied).await,
            ObservedState::Failed(reason) => {
                self.record(record, AnnexEvent::ApplyFailed { reason: reason.clone() }).await
            }
            ObservedState::Changing | ObservedState::Deleting | ObservedState::DeleteFailed(_) => Ok(()),
        }
    }

    /// Records which instances that were told to go have gone.
    async fn learn_of_instances(&self, record: &mut Annex) -> Result<(), AnnexError> {
        let instances = self.insist(record, || self.cloud.instances(&record.id)).await?;
        let stays = |id: &&String| instances.iter().any(|instance| instance.id == **id && !instance.state.is_gone());
        let mut gone: Vec<String> = record.releasing.iter().filter(|id| !stays(id)).cloned().collect();
        for id in &record.draining {
            if !stays(&id) && !gone.contains(id) {
                gone.push(id.clone());
            }
        }
        if gone.is_empty() { Ok(()) } else { self.record(record, AnnexEvent::Released { instances: gone }).await }
    }
}

/// Whether what the cloud shows came of the change that was last intended.
pub(super) fn shows(record: &Annex, seen: &ObservedAnnex) -> bool {
    match &seen.token {
        Some(token) => record.token.as_ref() == Some(token),
        // Where the cloud does not tell, anything that is there of a new annex did; a change shows by the end of the
        // lease.
        None => !record.made || is_renewed(record, seen),
    }
}

/// Whether the lease ends when it is to by the last change, and did not before.
fn is_renewed(record: &Annex, seen: &ObservedAnnex) -> bool {
    // Clouds keep it to the second.
    let end = |spec: &Option<AnnexSpec>| spec.as_ref().map(|spec| spec.expires_at.as_second());
    let shown = seen.expires_at.map(|at| at.as_second());
    shown.is_some() && shown == end(&record.spec) && shown != end(&record.before)
}

/// Whether the cloud still shows what was before the change that it has taken.
pub(super) fn is_stale(record: &Annex, seen: &ObservedAnnex) -> bool {
    match (&seen.token, &record.spec, seen.expires_at) {
        (Some(_), ..) => !shows(record, seen),
        // The end of the lease is all that tells then.
        (None, Some(spec), Some(ends)) if seen.state == ObservedState::Settled => {
            ends.as_second() != spec.expires_at.as_second()
        }
        _ => false,
    }
}
