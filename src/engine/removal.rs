//! Carries out tear-downs: machines in one call a cloud, asked about until they are gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::cloud::{Cloud, CloudError, CloudErrorKind, Instance, InstanceState, Selector, TAG_INTENT};
use super::event::{Change, Failure, Intent, Stage};
use super::patience;

/// How long machines may take to go, and a cloud that does not answer is asked again. EC2 takes up to a few minutes for
/// machines with many volumes.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(600);

/// Machines of one cloud to remove.
pub(super) struct Removal {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) run_id: String,
    pub(super) machines: Vec<Doomed>,
    /// Since when nobody has been making a launch call of this run.
    pub(super) quiet_since: Instant,
}

/// A service's machine, as far as it is known.
pub(super) struct Doomed {
    pub(super) position: usize,
    pub(super) instance_id: Option<String>,
    pub(super) in_doubt: Option<Intent>,
}

impl Removal {
    /// Removes them all; gives what became of each.
    pub(super) async fn carry_out(mut self) -> Vec<(usize, Change)> {
        let result = self.remove().await;
        // Of a call that failed, a part may have been carried out; what is gone must not be reported as left.
        let gone = if result.is_err() { self.gone().await } else { BTreeSet::new() };
        self.machines
            .iter()
            .map(|machine| {
                let change = match &result {
                    Ok(()) => Change::Terminated,
                    Err(_) if machine.instance_id.as_ref().is_some_and(|id| gone.contains(id)) => Change::Terminated,
                    Err(error) => {
                        let id = machine.instance_id.as_deref().unwrap_or("a machine that was being launched");
                        let failure = Failure::new(Stage::Terminate, format!("could not remove {id}: {error}"));
                        Change::TerminateFailed { failure: failure.hint(error.hint.clone()) }
                    }
                };
                (machine.position, change)
            })
            .collect()
    }

    async fn remove(&mut self) -> Result<(), CloudError> {
        self.resolve_doubts().await?;
        let ids: Vec<String> = self.machines.iter().filter_map(|machine| machine.instance_id.clone()).collect();
        remove_all(self.cloud.as_ref(), &ids).await
    }

    /// The machines that the cloud shows as terminated, if it can say.
    async fn gone(&self) -> BTreeSet<String> {
        let ids = self.machines.iter().filter_map(|machine| machine.instance_id.clone()).collect();
        let shown = self.cloud.describe(&Selector::Ids(ids)).await.unwrap_or_default();
        shown
            .into_iter()
            .filter(|instance| instance.state == InstanceState::Terminated)
            .map(|instance| instance.id)
            .collect()
    }

    /// Finds the instances of launches that were never answered, by their tag.
    ///
    /// Whoever made such a call is gone, so what it launched exists; it may become visible late, so "none" is believed only
    /// once the cloud's grace has passed since then.
    async fn resolve_doubts(&mut self) -> Result<(), CloudError> {
        let capabilities = self.cloud.capabilities();
        let mut backoff = Backoff::new(capabilities.poll_first, capabilities.poll_longest, &self.run_id);
        let believed_from = self.quiet_since + capabilities.visibility_grace;
        loop {
            let unresolved = |machine: &&mut Doomed| machine.in_doubt.is_some() && machine.instance_id.is_none();
            if !self.machines.iter_mut().any(|machine| unresolved(&machine)) {
                return Ok(());
            }
            let instances = look(self.cloud.as_ref(), &Selector::Run(self.run_id.clone())).await?;
            let by_launch: BTreeMap<(&str, usize), &Instance> = instances
                .iter()
                .filter_map(|instance| {
                    Some(((instance.tags.get(TAG_INTENT)?.as_str(), instance.launch_index), instance))
                })
                .collect();
            for machine in self.machines.iter_mut().filter(unresolved) {
                let Some(intent) = &machine.in_doubt else { continue };
                if let Some(instance) = by_launch.get(&(intent.token.as_str(), intent.slot)) {
                    machine.instance_id = Some(instance.id.clone());
                } else if Instant::now() >= believed_from {
                    machine.in_doubt = None;
                }
            }
            if self.machines.iter_mut().any(|machine| unresolved(&machine)) {
                sleep(backoff.pause()).await;
            }
        }
    }
}

/// Terminates these instances and waits until the cloud shows none of them any more.
///
/// A cloud that refuses the call for one of them is asked for each alone: EC2 terminates none of a list that holds one bad id.
pub(super) async fn remove_all(cloud: &dyn Cloud, ids: &[String]) -> Result<(), CloudError> {
    if ids.is_empty() {
        return Ok(());
    }
    match patiently(cloud, || cloud.terminate(ids)).await {
        Err(error) if error.kind == CloudErrorKind::Refused && ids.len() > 1 => {
            let mut refused = None;
            for id in ids {
                let id = std::slice::from_ref(id);
                let removed = match patiently(cloud, || cloud.terminate(id)).await {
                    Ok(()) => await_gone(cloud, id).await,
                    Err(error) => Err(error),
                };
                refused = refused.or(removed.err());
            }
            refused.map_or(Ok(()), Err)
        }
        Err(error) => Err(error),
        Ok(()) => await_gone(cloud, ids).await,
    }
}

/// Waits until the cloud shows none of these instances any more.
async fn await_gone(cloud: &dyn Cloud, ids: &[String]) -> Result<(), CloudError> {
    let capabilities = cloud.capabilities();
    let mut backoff = Backoff::new(capabilities.poll_first, capabilities.poll_longest, "await_gone");
    let give_up = Instant::now() + REMOVAL_PATIENCE;
    let selector = Selector::Ids(ids.to_vec());
    loop {
        let left: Vec<Instance> = look(cloud, &selector)
            .await?
            .into_iter()
            .filter(|instance| instance.state != InstanceState::Terminated)
            .collect();
        let Some(first) = left.first() else { return Ok(()) };
        if Instant::now() >= give_up {
            let patience = REMOVAL_PATIENCE.as_secs();
            let message =
                format!("{} of {} still there after {patience} s, {} among them", left.len(), ids.len(), first.id);
            return Err(
                CloudError::new(CloudErrorKind::Refused, message).hint("run the same command again; it goes on")
            );
        }
        sleep(backoff.pause()).await;
    }
}

/// The instances that `selector` picks, asked for patiently.
pub(super) async fn look(cloud: &dyn Cloud, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
    patiently(cloud, || cloud.describe(selector)).await
}

/// Repeats a call while its failure may pass, up to [`REMOVAL_PATIENCE`].
pub(super) async fn patiently<T, F>(cloud: &dyn Cloud, call: impl FnMut() -> F) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let capabilities = cloud.capabilities();
    let backoff = Backoff::new(capabilities.poll_first, capabilities.poll_longest, "patiently");
    patience::patiently(backoff, REMOVAL_PATIENCE, call).await
}
