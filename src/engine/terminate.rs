//! Carries out tear-downs: instances in one call per cloud, polled until they are gone. Each one's end is reported as
//! it happens.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::launch_intent::Intent;
use super::patient_call::{TERMINATION_TIMEOUT, look, poll_backoff};
use super::request_termination::dismiss;
use super::stop::{StopRequest, unless_stopped};
use super::task_result::TaskResult;
use super::termination_wait::{TerminationWait, overdue};
use crate::provider::{Cloud, CloudError, Instance, InstanceState, Selector, TAG_INTENT};

/// Instances of one cloud to remove.
pub(super) struct Termination {
    pub(super) cloud: Arc<dyn Cloud>,
    /// The cloud's name in the plan.
    pub(super) cloud_name: String,
    pub(super) run_id: String,
    pub(super) machines: Vec<TerminationTarget>,
    /// Since when no launch call of this run has been under way.
    pub(super) quiet_since: Instant,
    /// Takes the progress reports.
    pub(super) told: mpsc::UnboundedSender<TaskResult>,
    /// Ends mere waits. Calls that end instances may complete.
    pub(super) stopping: watch::Receiver<StopRequest>,
}

/// A service's instance, as far as it is known.
pub(super) struct TerminationTarget {
    pub(super) position: usize,
    pub(super) instance_id: Option<String>,
    pub(super) in_doubt: Option<Intent>,
}

impl Termination {
    /// Removes the instances, and reports each result. `stuck` has the services whose other cleanup failed.
    pub(super) async fn carry_out(mut self, stuck: HashMap<usize, Failure>) {
        let told = TerminationProgress { told: self.told.clone(), stuck };
        let mut stopping = self.stopping.clone();
        let Some(resolved) = unless_stopped(&mut stopping, self.resolve_indeterminate()).await else { return };
        let (known, nowhere): (Vec<TerminationTarget>, Vec<TerminationTarget>) =
            std::mem::take(&mut self.machines).into_iter().partition(|machine| machine.instance_id.is_some());
        let (unresolved, nowhere): (Vec<TerminationTarget>, Vec<TerminationTarget>) =
            nowhere.into_iter().partition(|machine| machine.in_doubt.is_some());
        told.gone(nowhere.iter().map(|machine| machine.position));
        if let Err(error) = resolved {
            told.failed(&unresolved, |_| error.clone());
        }
        let ids = ids_of(&known);
        let refused = self.refused(&ids).await;
        let (kept, going): (Vec<TerminationTarget>, Vec<TerminationTarget>) =
            known.into_iter().partition(|machine| refused.contains_key(machine.instance_id.as_deref().unwrap_or("")));
        told.accepted(&going);
        told.failed(&kept, |id| refused[id].clone());

        let departure = TerminationWait::new(&self.cloud_name, ids.len(), kept.len());
        // If the wait is cut short, instances on their way out are recorded as such.
        unless_stopped(&mut stopping, self.see_off(going, departure, &told)).await;
    }

    /// Waits until these instances are gone.
    async fn see_off(
        &self,
        mut going: Vec<TerminationTarget>,
        mut departure: TerminationWait,
        told: &TerminationProgress,
    ) {
        while !going.is_empty() {
            let shown = match look(self.cloud.as_ref(), &Selector::Ids(ids_of(&going))).await {
                Ok(shown) => shown,
                Err(error) => return told.failed(&going, |_| not_seen(&error)),
            };
            let states: HashMap<&str, InstanceState> =
                shown.iter().map(|instance| (instance.id.as_str(), instance.state)).collect();
            // An instance that the cloud does not show any more is gone: the cloud accepted the call that ended it.
            let stays = |machine: &TerminationTarget| {
                let state = states.get(machine.instance_id.as_deref().unwrap_or(""));
                state.is_some_and(|state| *state != InstanceState::Terminated)
            };
            let gone;
            (going, gone) = going.into_iter().partition(stays);
            told.gone(gone.iter().map(|machine| machine.position));
            told.note(departure.tell(&ids_of(&going)));
            if going.is_empty() {
                break;
            }
            if departure.waited() >= TERMINATION_TIMEOUT {
                return told.failed(&going, |id| overdue(id, states.get(id).copied()));
            }
            sleep(departure.pause(&self.cloud.capabilities())).await;
        }
    }

    /// Requests the end of these instances; returns those that stay. A failed call may have been carried out in part,
    /// and instances on their way out must not be reported as left.
    async fn refused(&self, ids: &[String]) -> BTreeMap<String, CloudError> {
        if ids.is_empty() {
            return BTreeMap::new();
        }
        let mut refused: BTreeMap<String, CloudError> = dismiss(self.cloud.as_ref(), ids).await.into_iter().collect();
        if !refused.is_empty() {
            let asked = Selector::Ids(refused.keys().cloned().collect());
            // Instances that cannot be polled keep their error.
            let shown = self.cloud.describe(&asked).await.unwrap_or_default();
            // An instance that its cloud reports as stuck on its way out does not go by waiting.
            let goes =
                |it: &&Instance| it.state == InstanceState::Terminated || it.state.is_gone() && it.finding().is_none();
            for instance in shown.iter().filter(goes) {
                refused.remove(&instance.id);
            }
        }
        refused
    }

    /// Finds the instances of launches that were never answered, by their tag.
    ///
    /// No process makes such a call any more, so any instance of it exists; it may become visible late, so "none" is
    /// believed only once the cloud's consistency window has passed since then.
    async fn resolve_indeterminate(&mut self) -> Result<(), CloudError> {
        let mut backoff = poll_backoff(self.cloud.as_ref(), &self.run_id);
        let believed_from = self.quiet_since + self.cloud.capabilities().consistency_window;
        while self.machines.iter().any(TerminationTarget::is_unresolved) {
            let instances = look(self.cloud.as_ref(), &Selector::Run(self.run_id.clone())).await?;
            let by_launch: BTreeMap<(&str, usize), &Instance> = instances
                .iter()
                .filter_map(|it| Some(((it.tags.get(TAG_INTENT)?.as_str(), it.launch_index), it)))
                .collect();
            for machine in self.machines.iter_mut().filter(|machine| machine.is_unresolved()) {
                let Some(intent) = &machine.in_doubt else { continue };
                if let Some(instance) = by_launch.get(&(intent.token.as_str(), intent.slot)) {
                    machine.instance_id = Some(instance.id.clone());
                } else if Instant::now() >= believed_from {
                    machine.in_doubt = None;
                }
            }
            if self.machines.iter().any(TerminationTarget::is_unresolved) {
                sleep(backoff.pause()).await;
            }
        }
        Ok(())
    }
}

impl TerminationTarget {
    /// Whether it is unknown if a launch created the instance.
    fn is_unresolved(&self) -> bool {
        self.in_doubt.is_some() && self.instance_id.is_none()
    }
}

/// Reports the ends of instances to the driver. The driver outlives its tasks; when it is gone, no one is left to tell.
struct TerminationProgress {
    told: mpsc::UnboundedSender<TaskResult>,
    stuck: HashMap<usize, Failure>,
}

impl TerminationProgress {
    fn changes(&self, changes: impl Iterator<Item = (usize, ServiceEvent)>) {
        let changes: Vec<(usize, ServiceEvent)> = changes.collect();
        if !changes.is_empty() {
            let _ = self.told.send(TaskResult { changes, ..TaskResult::default() });
        }
    }

    fn note(&self, note: Option<String>) {
        if let Some(note) = note {
            let _ = self.told.send(TaskResult { notes: vec![note], ..TaskResult::default() });
        }
    }

    /// Reports that the cloud accepted the call that ends these instances.
    fn accepted(&self, machines: &[TerminationTarget]) {
        self.changes(machines.iter().map(|machine| (machine.position, ServiceEvent::TerminateAccepted)));
    }

    fn gone(&self, positions: impl Iterator<Item = usize>) {
        self.changes(positions.map(|position| match self.stuck.get(&position) {
            None => (position, ServiceEvent::Terminated),
            Some(failure) => (position, ServiceEvent::TerminateFailed { failure: failure.clone() }),
        }));
    }

    fn failed(&self, machines: &[TerminationTarget], why: impl Fn(&str) -> CloudError) {
        self.changes(machines.iter().map(|machine| {
            let id = machine.instance_id.as_deref();
            let error = why(id.unwrap_or_default());
            let what = id.unwrap_or("a machine that was being launched");
            let failure = Failure::of(Stage::Terminate, &error);
            let failure = Failure { reason: format!("could not remove {what}: {}", error.message), ..failure };
            (machine.position, ServiceEvent::TerminateFailed { failure })
        }));
    }
}

fn ids_of(machines: &[TerminationTarget]) -> Vec<String> {
    machines.iter().filter_map(|machine| machine.instance_id.clone()).collect()
}

fn not_seen(error: &CloudError) -> CloudError {
    let message = format!("the cloud took the call, and whether it is gone is not known: {}", error.message);
    CloudError { message, ..error.clone() }
}
