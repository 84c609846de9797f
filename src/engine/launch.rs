//! Carries out a launch: one call for equal instances, repeated with its token until the cloud has answered.

use std::sync::Arc;
use std::time::Duration;

use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::launch_intent::Intent;
use super::patient_call::poll_backoff;
use super::phase::Phase;
use super::removal::remove_all;
use super::standstill::stopped;
use super::task_result::TaskResult;
use crate::provider::{
    CapacityError, Cloud, CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest, Launched, Offer,
};
use crate::retry::retry_transient;

/// How long a launch without an answer is repeated. AWS's own outages of the launch API are mostly shorter; after that,
/// a person should know.
const LAUNCH_PATIENCE: Duration = Duration::from_secs(300);

/// The most reasons reported of a launch that gave too few instances.
const TOLD: usize = 3;

/// One call and the services that still need its answer.
pub(super) struct LaunchTask {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) request: LaunchRequest,
    /// Position in the plan and slot in the call.
    pub(super) wanted: Vec<(usize, usize)>,
    /// The instances that services of the call already have.
    pub(super) kept: Vec<String>,
    /// Whether an earlier process announced this call, and may have made it.
    pub(super) repeated: bool,
}

impl LaunchTask {
    /// Launches; returns the event of each wanted service, and the offers without capacity.
    pub(super) async fn carry_out(self) -> TaskResult {
        let (launched, was_repeated) = self.call().await;
        // Whether an earlier call with this token may have taken effect unseen.
        let mut in_doubt = self.repeated || was_repeated;
        let error = match launched {
            // Before anything is recorded: after a crash in between, the call is repeated, and this removal with it.
            Ok(launched) => match self.remove_surplus(&launched.instances).await {
                Ok(()) => {
                    return TaskResult {
                        changes: self.changes(&launched),
                        notes: self.notes(launched.instances.len(), &launched.refusals),
                        refusals: launched.refusals,
                        ..TaskResult::default()
                    };
                }
                Err(error) => {
                    in_doubt = true;
                    error
                }
            },
            Err(error) if error.kind == CloudErrorKind::NoCapacity => {
                let refusals = self.refusals(&[], &error.message);
                let declined = |&(position, _): &_| (position, ServiceEvent::Declined { refusals: refusals.clone() });
                return TaskResult {
                    changes: self.wanted.iter().map(declined).collect(),
                    notes: self.notes(0, &refusals),
                    refusals,
                    ..TaskResult::default()
                };
            }
            Err(error) => error,
        };
        // A refusal of this call says nothing about an earlier one.
        let unanswered = match error.kind {
            CloudErrorKind::Transient => true,
            CloudErrorKind::Rejected | CloudErrorKind::Denied | CloudErrorKind::Quota => in_doubt,
            CloudErrorKind::NoCapacity | CloudErrorKind::TokenUsed => false,
        };
        // The earlier process's instances came and went unobserved: no reason to stop. Only for its calls, so that
        // instances that die at once are not launched again and again.
        let anew = self.repeated && error.kind == CloudErrorKind::TokenUsed;
        let failure = |slot| Failure {
            unanswered: unanswered
                .then(|| Box::new(Intent { token: self.request.token.clone(), slot, size: self.request.slots.len() })),
            ..Failure::of(Stage::Launch, &error)
        };
        let changes = |&(position, slot): &(usize, usize)| {
            let failed = (position, ServiceEvent::Failed { failure: failure(slot) });
            std::iter::once(failed).chain(anew.then_some((position, ServiceEvent::Retried)))
        };
        TaskResult { changes: self.wanted.iter().flat_map(changes).collect(), ..TaskResult::default() }
    }

    /// Calls until the cloud has answered; returns the answer, and whether earlier calls got none.
    async fn call(&self) -> (Result<Launched, CloudError>, bool) {
        let mut calls = 0;
        let backoff = poll_backoff(self.cloud.as_ref(), &self.request.token);
        let launched = retry_transient(backoff, LAUNCH_PATIENCE, || {
            calls += 1;
            self.cloud.launch(&self.request)
        });
        (launched.await, calls > 1)
    }

    /// Removes instances of a repeated call that no service needs any more.
    async fn remove_surplus(&self, instances: &[Instance]) -> Result<(), CloudError> {
        let is_surplus = |instance: &&Instance| {
            let wanted = self.wanted.iter().any(|&(_, slot)| slot == instance.launch_index);
            !wanted && !instance.state.is_gone() && !self.kept.contains(&instance.id)
        };
        let surplus: Vec<String> = instances.iter().filter(is_surplus).map(|instance| instance.id.clone()).collect();
        remove_all(self.cloud.as_ref(), &surplus).await.map_err(|error| {
            let message = format!("could not remove {}, which no service needs: {}", surplus.join(", "), error.message);
            let kind = if error.kind.is_refusal() { error.kind } else { CloudErrorKind::Rejected };
            CloudError { kind, message, hint: error.hint }
        })
    }

    /// Returns every offer of the call with the reason why it gave no more: the cloud's own reason, or else
    /// `otherwise`.
    fn refusals(&self, told: &[CapacityError], otherwise: &str) -> Vec<CapacityError> {
        let refusal = |offer: &Offer| {
            let reasons: Vec<&str> =
                told.iter().filter(|refusal| refusal.offer == *offer).map(|refusal| refusal.reason.as_str()).collect();
            let reason = if reasons.is_empty() { otherwise.to_owned() } else { reasons.join("; ") };
            CapacityError { offer: offer.clone(), reason }
        };
        self.request.offers.iter().map(refusal).collect()
    }

    /// Returns the notes of a launch that gave too few instances: their number, and the reasons.
    fn notes(&self, got: usize, refusals: &[CapacityError]) -> Vec<String> {
        let asked = self.request.slots.len();
        if got >= asked && refusals.is_empty() {
            return Vec::new();
        }
        let mut reasons: Vec<String> = Vec::new();
        for CapacityError { offer, reason } in refusals {
            let told = format!("{offer}: {reason}");
            if !reasons.contains(&told) {
                reasons.push(told);
            }
        }
        let more = reasons.len().saturating_sub(TOLD);
        reasons.truncate(TOLD);
        if more > 0 {
            reasons.push(format!("{more} offers more had no room"));
        }
        let head = format!("{got} of {asked} machines launched");
        std::iter::once(head).chain(reasons).collect()
    }

    fn changes(&self, Launched { instances, refusals }: &Launched) -> Vec<(usize, ServiceEvent)> {
        let mut changes = Vec::new();
        for &(position, slot) in &self.wanted {
            let Some(instance) = instances.iter().find(|instance| instance.launch_index == slot) else {
                let (got, asked) = (instances.len(), self.request.slots.len());
                let refusals = self.refusals(refusals, &format!("the cloud gave {got} of {asked} machines"));
                changes.push((position, ServiceEvent::Declined { refusals }));
                continue;
            };
            changes.push((position, ServiceEvent::Launched { instance_id: instance.id.clone() }));
            changes.extend(seen(instance).map(|change| (position, change)));
        }
        changes
    }
}

/// Returns the event that an instance's state means for the service that waits for it; none while it is coming up.
pub(super) fn seen(instance: &Instance) -> Option<ServiceEvent> {
    if instance.state.is_gone() {
        let reason = instance.reason.clone().unwrap_or_else(|| "the cloud shows it as terminated".to_owned());
        return Some(ServiceEvent::Lost { reason: format!("{}: {reason}", instance.id) });
    }
    if let Some(stopped) = stopped(instance, &Phase::Launched) {
        return Some(stopped);
    }
    match (&instance.state, &instance.address) {
        (InstanceState::Running, Some(address)) => Some(ServiceEvent::Addressed {
            address: address.clone(),
            private_address: instance.private_address.clone(),
        }),
        _ => None,
    }
}
