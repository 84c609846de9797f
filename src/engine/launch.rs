//! Carries out a launch: one call for equal machines, repeated with its token until the cloud has answered.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::cloud::{Cloud, CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest};
use super::event::{Change, Failure, Intent, Stage};

/// How long a launch that gets no answer is repeated. AWS's own outages of the launch API are mostly shorter; beyond it, a
/// person should know.
const LAUNCH_PATIENCE: Duration = Duration::from_secs(300);

/// One call and the services whose answer is still wanted.
pub(super) struct Launch {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) request: LaunchRequest,
    /// Position in the plan and slot in the call.
    pub(super) wanted: Vec<(usize, usize)>,
    /// Whether an earlier call with this token may have taken effect unseen.
    pub(super) in_doubt: bool,
}

impl Launch {
    /// Launches; gives what happened to each wanted service.
    pub(super) async fn carry_out(mut self) -> Vec<(usize, Change)> {
        match self.call().await {
            Ok(instances) => self.changes(&instances),
            Err(error) => {
                // A refusal of this call says nothing of an earlier one.
                let unanswered = match error.kind {
                    CloudErrorKind::Transient => true,
                    CloudErrorKind::Refused => self.in_doubt,
                    CloudErrorKind::NoCapacity | CloudErrorKind::TokenUsed => false,
                };
                let failure = |slot| Failure {
                    unanswered: unanswered.then(|| {
                        Box::new(Intent { token: self.request.token.clone(), slot, size: self.request.services.len() })
                    }),
                    ..Failure::new(Stage::Launch, error.message.clone()).hint(error.hint.clone())
                };
                self.wanted
                    .iter()
                    .map(|&(position, slot)| (position, Change::Failed { failure: failure(slot) }))
                    .collect()
            }
        }
    }

    async fn call(&mut self) -> Result<Vec<Instance>, CloudError> {
        let capabilities = self.cloud.capabilities();
        let mut backoff = Backoff::new(capabilities.poll_first, capabilities.poll_longest, &self.request.token);
        let give_up = Instant::now() + LAUNCH_PATIENCE;
        loop {
            match self.cloud.launch(&self.request).await {
                Err(error) if error.kind == CloudErrorKind::Transient && Instant::now() < give_up => {
                    self.in_doubt = true;
                    sleep(backoff.pause()).await;
                }
                answer => return answer,
            }
        }
    }

    fn changes(&self, instances: &[Instance]) -> Vec<(usize, Change)> {
        let mut changes = Vec::new();
        for &(position, slot) in &self.wanted {
            let Some(instance) = instances.iter().find(|instance| instance.launch_index == slot) else {
                let (got, asked) = (instances.len(), self.request.services.len());
                let reason = format!("no capacity: the cloud gave {got} of {asked} machines");
                let failure = Failure::new(Stage::Launch, reason)
                    .hint(Some("try again later, or choose another instance type, zone or market"));
                changes.push((position, Change::Failed { failure }));
                continue;
            };
            changes.push((position, Change::Launched { instance_id: instance.id.clone() }));
            changes.extend(seen(instance).map(|change| (position, change)));
        }
        changes
    }
}

/// What an instance's state tells of the service that waits for it; none while it is coming up.
pub(super) fn seen(instance: &Instance) -> Option<Change> {
    if instance.state.is_gone() {
        let reason = instance.reason.clone().unwrap_or_else(|| "the cloud shows it as terminated".to_owned());
        return Some(Change::Lost { reason: format!("{}: {reason}", instance.id) });
    }
    match (&instance.state, &instance.address) {
        (InstanceState::Running, Some(address)) => {
            Some(Change::Addressed { address: address.clone(), private_address: instance.private_address.clone() })
        }
        _ => None,
    }
}
