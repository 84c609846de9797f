//! What is recorded of an annex, and where it stands by that.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cloud::AnnexId;
use super::spec::AnnexSpec;
use crate::plan::CloudConfig;

/// One line of an annex's journal. An intent is recorded before the call that it tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum AnnexEvent {
    /// The annex is to become what `spec` says, by a call with this token.
    ApplyIntended {
        /// The token of the call; the same when it is repeated.
        token: String,
        /// What the annex is to be.
        spec: Box<AnnexSpec>,
    },
    /// The cloud has taken the call.
    ApplyAccepted {
        /// The cloud's id of the whole.
        cloud_id: Option<String>,
    },
    /// The annex is what was intended.
    Applied,
    /// What was intended came to nothing; the annex is what it was before, or on its way out.
    ApplyFailed {
        /// Why, in the cloud's words.
        reason: String,
    },
    /// These instances are to take no more jobs, to be ended when they have none.
    DrainIntended {
        /// Their ids.
        instances: Vec<String>,
    },
    /// These instances are to end, with none in their stead.
    ReleaseIntended {
        /// Their ids.
        instances: Vec<String>,
    },
    /// They have ended, or are about to.
    Released {
        /// Their ids.
        instances: Vec<String>,
    },
    /// They are not to end after all: the cloud refused to end them.
    ReleaseRefused {
        /// Their ids.
        instances: Vec<String>,
        /// Why, in the cloud's words.
        reason: String,
    },
    /// The annex is to go, by a call with this token.
    DeleteIntended {
        /// The token of the call.
        token: String,
        /// What is left alone, since it could not be deleted.
        retain: Vec<String>,
    },
    /// The cloud could not delete everything.
    DeleteFailed {
        /// What remains, each with a reason.
        remains: Vec<(String, String)>,
    },
    /// Nothing is left of it, as the cloud was asked.
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

/// An annex as its journal has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Annex {
    /// Which annex.
    pub id: AnnexId,
    /// Where it is.
    pub place: CloudConfig,
    /// When it was first recorded.
    pub created_at: Timestamp,
    /// Where it stands.
    pub stage: AnnexPhase,
    /// What it was last asked to be; after a failed change, what it was before that.
    pub spec: Option<AnnexSpec>,
    /// What it was before the change that is under way.
    pub before: Option<AnnexSpec>,
    /// The token of the change or the deletion that is under way, or that was the last.
    pub token: Option<String>,
    /// Whether the cloud is known to have taken the last change.
    pub accepted: bool,
    /// Whether it ever was what it was asked to be.
    pub made: bool,
    /// Whether it goes, or went, because it could not be made in the first place; [`Annex::reason`] says why.
    pub rolled_back: bool,
    /// The cloud's id of the whole.
    pub cloud_id: Option<String>,
    /// Instances that were told to take no more jobs and have not ended yet.
    pub draining: Vec<String>,
    /// Instances whose end was intended and is not known to have been asked for.
    pub releasing: Vec<String>,
    /// Instances that have ended, or are about to, since they were told to: they are never told again.
    pub released: BTreeSet<String>,
    /// What the deletion that is under way leaves alone.
    pub retain: Vec<String>,
    /// What the last deletion could not delete, each with a reason.
    pub undeleted: Vec<(String, String)>,
    /// Why the last change or deletion failed.
    pub reason: Option<String>,
    /// How many lines its journal has.
    pub sequence: u64,
}

impl Annex {
    /// An annex of which nothing is recorded but that it is to be.
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

    /// The same after one more line. From the way out nothing leads back, and what has ended stays so.
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
            // An intent that is repeated, perhaps with another lease, replaces one that never came to anything.
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
        // Wanted no more: a group's size went down with each of them, whatever else is changed.
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
