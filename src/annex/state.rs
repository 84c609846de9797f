//! The recorded state of an annex.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cloud::AnnexId;
use super::spec::AnnexSpec;
use crate::plan::CloudConfig;

/// A line of an annex's journal. An intent is recorded before its call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum AnnexEvent {
    /// The annex is to be made as `spec` says, by a call with this token.
    ApplyIntended {
        /// The token of the call; the same when it is repeated.
        token: String,
        /// The new specification.
        spec: Box<AnnexSpec>,
    },
    /// The cloud has accepted the call.
    ApplyAccepted {
        /// The cloud's id of the annex.
        cloud_id: Option<String>,
    },
    /// The intended change is complete.
    Applied,
    /// The intended change failed; the annex is as it was before, or being deleted.
    ApplyFailed {
        /// Why, in the cloud's words.
        reason: String,
    },
    /// These instances are to take no more jobs, and to be terminated once they have none.
    DrainIntended {
        /// Their ids.
        instances: Vec<String>,
    },
    /// These instances are to be terminated without replacement.
    ReleaseIntended {
        /// Their ids.
        instances: Vec<String>,
    },
    /// They have terminated or are terminating.
    Released {
        /// Their ids.
        instances: Vec<String>,
    },
    /// The cloud refused to terminate these instances, so they stay.
    ReleaseRefused {
        /// Their ids.
        instances: Vec<String>,
        /// Why, in the cloud's words.
        reason: String,
    },
    /// The annex is to be deleted, by a call with this token.
    DeleteIntended {
        /// The token of the call.
        token: String,
        /// The retained resources, which could not be deleted.
        retain: Vec<String>,
    },
    /// The cloud could not delete everything.
    DeleteFailed {
        /// The remaining resources, each with a reason.
        remains: Vec<(String, String)>,
    },
    /// The cloud shows that nothing is left of it.
    Deleted,
}

/// Where an annex stands, by its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AnnexPhase {
    /// Nothing was asked of the cloud yet.
    New,
    /// On its way to what was last asked for.
    Applying,
    /// As it was last asked for.
    Settled,
    /// What was last asked for came to nothing.
    Failed,
    /// On its way out.
    Deleting,
    /// Nothing is left of it.
    Ended,
}

/// The state of an annex according to its journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Annex {
    /// Its identity.
    pub id: AnnexId,
    /// Its cloud.
    pub place: CloudConfig,
    /// When it was first recorded.
    pub created_at: Timestamp,
    /// Its phase.
    pub stage: AnnexPhase,
    /// Its last requested specification; after a failed change, the one before.
    pub spec: Option<AnnexSpec>,
    /// Its specification before the change that is under way.
    pub before: Option<AnnexSpec>,
    /// The token of the current or last change or deletion.
    pub token: Option<String>,
    /// Whether the cloud is known to have accepted the last change.
    pub accepted: bool,
    /// Whether it was ever complete.
    pub made: bool,
    /// Whether it is or was deleted because it could not be created; [`Annex::reason`] says why.
    pub rolled_back: bool,
    /// The cloud's id of the annex.
    pub cloud_id: Option<String>,
    /// Instances that were told to drain and have not ended yet.
    pub draining: Vec<String>,
    /// Instances whose termination was intended and is not known to have been requested.
    pub releasing: Vec<String>,
    /// Instances that were terminated on request, or are terminating; the request is never repeated.
    pub released: BTreeSet<String>,
    /// The resources that the deletion under way retains.
    pub retain: Vec<String>,
    /// The resources that the last deletion could not delete, each with a reason.
    pub undeleted: Vec<(String, String)>,
    /// Why the last change or deletion failed.
    pub reason: Option<String>,
    /// The number of lines of its journal.
    pub sequence: u64,
}

impl Annex {
    /// A new annex, with an empty journal.
    pub fn new(id: AnnexId, place: CloudConfig, created_at: Timestamp) -> Self {
        Self {
            id,
            place,
            created_at,
            stage: AnnexPhase::New,
            spec: None,
            before: None,
            token: None,
            accepted: false,
            made: false,
            rolled_back: false,
            cloud_id: None,
            draining: Vec::new(),
            releasing: Vec::new(),
            released: BTreeSet::new(),
            retain: Vec::new(),
            undeleted: Vec::new(),
            reason: None,
            sequence: 0,
        }
    }

    /// Applies one more line. A deletion cannot be undone, and an ended annex stays ended.
    pub fn apply(&mut self, event: &AnnexEvent) {
        self.sequence += 1;
        match event {
            _ if self.stage == AnnexPhase::Ended => {}
            AnnexEvent::ApplyIntended { token, spec } => self.intend(token, spec),
            AnnexEvent::ApplyAccepted { cloud_id } => {
                (self.accepted, self.cloud_id) = (true, cloud_id.clone().or(self.cloud_id.take()));
            }
            AnnexEvent::Applied | AnnexEvent::ApplyFailed { .. } if self.stage != AnnexPhase::Applying => {}
            AnnexEvent::Applied => {
                (self.stage, self.before, self.made, self.accepted) = (AnnexPhase::Settled, None, true, true);
            }
            AnnexEvent::ApplyFailed { reason } => {
                if let Some(before) = self.before.take() {
                    self.spec = Some(before);
                }
                (self.stage, self.reason) = (AnnexPhase::Failed, Some(reason.clone()));
            }
            AnnexEvent::DrainIntended { instances } => add(&mut self.draining, instances, &self.released),
            AnnexEvent::ReleaseIntended { instances } => add(&mut self.releasing, instances, &self.released),
            AnnexEvent::Released { instances } => self.release(instances),
            AnnexEvent::ReleaseRefused { instances, .. } => self.releasing.retain(|id| !instances.contains(id)),
            AnnexEvent::DeleteIntended { token, retain } => {
                self.rolled_back |= self.stage == AnnexPhase::Failed && !self.made;
                if !self.rolled_back {
                    self.reason = None;
                }
                (self.stage, self.before, self.token) = (AnnexPhase::Deleting, None, Some(token.clone()));
                (self.retain, self.undeleted) = (retain.clone(), Vec::new());
            }
            AnnexEvent::DeleteFailed { remains } => {
                self.undeleted = remains.clone();
                if !self.rolled_back {
                    let words = remains.iter().map(|(name, reason)| format!("{name}: {reason}"));
                    self.reason = Some(words.collect::<Vec<_>>().join("; "));
                }
            }
            AnnexEvent::Deleted => {
                (self.stage, self.before) = (AnnexPhase::Ended, None);
                (self.draining, self.releasing) = (Vec::new(), Vec::new());
                (self.retain, self.undeleted) = (Vec::new(), Vec::new());
            }
        }
    }

    fn intend(&mut self, token: &str, spec: &AnnexSpec) {
        match self.stage {
            AnnexPhase::Deleting | AnnexPhase::Ended => return,
            // A repeated intent, perhaps with another lease, replaces one that had no effect.
            AnnexPhase::Applying => {}
            AnnexPhase::New | AnnexPhase::Settled | AnnexPhase::Failed => {
                self.before = self.spec.take().filter(|_| self.made);
            }
        }
        (self.spec, self.token) = (Some(spec.clone()), Some(token.to_owned()));
        (self.stage, self.reason, self.accepted) = (AnnexPhase::Applying, None, false);
    }

    fn release(&mut self, instances: &[String]) {
        let gone = |id: &String| !instances.contains(id);
        self.draining.retain(gone);
        let known = self.releasing.len();
        self.releasing.retain(gone);
        self.released.extend(instances.iter().cloned());
        let released = u32::try_from(known - self.releasing.len()).unwrap_or(u32::MAX);
        // Each of them has lowered its group's desired size, whatever other change follows.
        for spec in [&mut self.spec, &mut self.before].into_iter().flatten() {
            spec.count = spec.count.saturating_sub(released);
        }
    }
}

fn add(known: &mut Vec<String>, new: &[String], past: &BTreeSet<String>) {
    for id in new {
        if !known.contains(id) && !past.contains(id) {
            known.push(id.clone());
        }
    }
}

#[cfg(test)]
mod tests;
