//! Draining of instances by the command of their pilot, after which each ends by itself.

use std::time::{Duration, Instant};

use super::failure::failed;
use super::locked_annex::AnnexTools;
use crate::annex::{Annex, Pilot, Progress};
use crate::app::CommandError;
use crate::provider::CloudError;

/// How much longer than it may take an instance is waited for: it may notice late, and shuts down before it is gone.
const LATER: Duration = Duration::from_secs(90);

/// A draining of pilots.
pub(super) struct PilotDrain<'a> {
    /// Tools for work on the annex.
    pub(super) tools: &'a AnnexTools,
    /// The pilot.
    pub(super) pilot: &'a Pilot,
    /// Time limit of the user's; none: the command's own.
    pub(super) limit: Option<Duration>,
}

impl PilotDrain<'_> {
    /// Tells these instances to drain, and waits until they have ended; returns those that have not when the user's
    /// time limit passes. One that has not long after its command's own limit is terminated.
    ///
    /// # Errors
    /// The cloud or the journal failed.
    pub(super) async fn run(self, record: &mut Annex, instances: &[String]) -> Result<Vec<String>, CommandError> {
        let Self { tools, pilot, limit } = self;
        let (name, began) = (record.id.name.clone(), Instant::now());
        tools.cloud.retire(&record.id, pilot, instances).await?;
        for instance in instances {
            tools.tell(&Progress::Retiring { instance: instance.clone() });
        }
        let longest = Duration::from_secs(pilot.lead().into()) + LATER;
        let mut left = instances.to_vec();
        loop {
            let living = self.living(record).await?;
            let is_over = began.elapsed() >= longest;
            let (still, gone): (Vec<String>, Vec<String>) =
                left.into_iter().partition(|instance| living.contains(instance) && !is_over);
            if !gone.is_empty() {
                tools.tell(&Progress::Released(gone.clone()));
                tools.reconciler().release(record, &gone).await.map_err(|error| failed(&name, error))?;
            }
            left = still;
            if left.is_empty() || limit.is_some_and(|limit| began.elapsed() >= limit) {
                return Ok(left);
            }
            let rest = limit.map_or(Duration::MAX, |limit| limit.saturating_sub(began.elapsed()));
            tokio::time::sleep(tools.pace.longest.min(rest)).await;
        }
    }

    /// Returns the instances that have not begun to end.
    async fn living(&self, record: &Annex) -> Result<Vec<String>, CloudError> {
        let shown = self.tools.cloud.instances(&record.id).await?;
        Ok(shown.into_iter().filter(|instance| instance.state.is_up()).map(|instance| instance.id).collect())
    }
}
