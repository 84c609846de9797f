//! Looks at the machines of one cloud that are coming up: one call for all of them.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::clock::Clock;
use super::cloud::{Cloud, Selector};
use super::event::{Change, Failure, Stage};
use super::launch::seen;

/// One look, after a pause.
pub(super) struct Look {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) run_id: String,
    pub(super) pause: Duration,
    pub(super) clock: Clock,
    pub(super) waiting: Vec<Waiting>,
}

/// A service whose machine has no address yet.
pub(super) struct Waiting {
    pub(super) position: usize,
    pub(super) instance_id: String,
    /// When the cloud's answer was recorded: from then on the machine exists.
    pub(super) launched_at: Timestamp,
    pub(super) timeout: Duration,
}

impl Look {
    /// Looks once; gives what changed.
    pub(super) async fn carry_out(self) -> Vec<(usize, Change)> {
        sleep(self.pause).await;
        let answer = self.cloud.describe(&Selector::Run(self.run_id.clone())).await;
        let trouble = answer.as_ref().err().map(ToString::to_string);
        let instances = answer.unwrap_or_default();
        let grace = self.cloud.capabilities().visibility_grace;
        let mut changes = Vec::new();
        for waiting in &self.waiting {
            let age =
                Duration::try_from(self.clock.now().duration_since(waiting.launched_at).max(SignedDuration::ZERO))
                    .unwrap_or_default();
            let change = match instances.iter().find(|instance| instance.id == waiting.instance_id) {
                Some(instance) => seen(instance),
                None if trouble.is_none() && age > grace => {
                    Some(Change::Lost { reason: format!("{}: the cloud no longer knows it", waiting.instance_id) })
                }
                None => None,
            };
            let change = change.or_else(|| {
                (age > waiting.timeout).then(|| {
                    let mut reason =
                        format!("{} had no address after {} s", waiting.instance_id, waiting.timeout.as_secs());
                    if let Some(trouble) = &trouble {
                        reason.push_str(&format!("; the last look at it failed: {trouble}"));
                    }
                    let failure = Failure::new(Stage::Reach, reason)
                        .hint(Some("`hoist plan repair` replaces it; a longer `timeout` in the plan waits longer"));
                    Change::Failed { failure }
                })
            });
            changes.extend(change.map(|change| (waiting.position, change)));
        }
        changes
    }
}
