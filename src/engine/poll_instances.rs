//! Polls the instances of one cloud that are coming up: one call for all of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::launch::seen;
use crate::provider::{Clock, Cloud, Instance, Selector};

/// One poll, after a pause.
pub(super) struct InstancePoll {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) run_id: String,
    pub(super) pause: Duration,
    pub(super) clock: Clock,
    pub(super) waiting: Vec<PendingInstance>,
}

/// A service whose instance has no address yet.
pub(super) struct PendingInstance {
    pub(super) position: usize,
    pub(super) instance_id: String,
    /// When the cloud's answer was recorded: from then on the instance exists.
    pub(super) launched_at: Timestamp,
    pub(super) timeout: Duration,
}

impl InstancePoll {
    /// Polls once; returns the changes.
    pub(super) async fn carry_out(self) -> Vec<(usize, ServiceEvent)> {
        sleep(self.pause).await;
        // The answer describes a moment after this one.
        let asked = self.clock.now();
        let answer = self.cloud.describe(&Selector::Run(self.run_id.clone())).await;
        if let Err(error) = &answer
            && error.kind.is_refusal()
        {
            // The cloud will not answer before a person has mended that; the instances are as they are.
            let failure = Failure { blind: true, ..Failure::of(Stage::Reach, error) };
            let failed =
                |waiting: &PendingInstance| (waiting.position, ServiceEvent::Failed { failure: failure.clone() });
            return self.waiting.iter().map(failed).collect();
        }
        let trouble = answer.as_ref().err().map(ToString::to_string);
        let instances: HashMap<String, Instance> =
            answer.unwrap_or_default().into_iter().map(|instance| (instance.id.clone(), instance)).collect();
        let grace = self.cloud.capabilities().consistency_window;
        let mut changes = Vec::new();
        for waiting in &self.waiting {
            let since = asked.duration_since(waiting.launched_at).max(SignedDuration::ZERO);
            let age = Duration::try_from(since).unwrap_or_default();
            let change = match instances.get(&waiting.instance_id) {
                Some(instance) => seen(instance),
                None if trouble.is_none() && age > grace => Some(ServiceEvent::Lost {
                    reason: format!("{}: the cloud no longer knows it", waiting.instance_id),
                }),
                None => None,
            };
            let change = change.or_else(|| {
                (age > waiting.timeout).then(|| {
                    let mut reason =
                        format!("{} had no address after {} s", waiting.instance_id, waiting.timeout.as_secs());
                    if let Some(trouble) = &trouble {
                        reason.push_str(&format!("; the last look at it failed: {trouble}"));
                    }
                    let hint = match trouble {
                        None => "`hoist plan repair` replaces it; a longer `timeout` in the plan waits longer",
                        Some(_) => "`hoist plan resume` looks again; a longer `timeout` in the plan waits longer",
                    };
                    let failure = Failure::new(Stage::Reach, reason).hint(Some(hint));
                    ServiceEvent::Failed { failure: Failure { blind: trouble.is_some(), ..failure } }
                })
            });
            changes.extend(change.map(|change| (waiting.position, change)));
        }
        changes
    }
}
