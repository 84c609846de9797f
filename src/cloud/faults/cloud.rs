//! A cloud with scripted faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::fault::{FaultScript, ScriptedFault};
use super::host::FaultyHost;
use crate::cloud::TAG_DIES_AFTER;
use crate::provider::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Host, Instance, InstanceState, LaunchRequest, Launched, Leftover,
    Leftovers, Selector,
};

/// The tag that lists the service of each instance of a launch, as a JSON list in launch order, so that every hoist
/// process knows the faults that apply.
const TAG_SERVICES: &str = "hoist:rehearse-services";

/// How much longer than the scripted delay an instance may stay invisible before it counts as lost.
const VISIBILITY_SLACK: Duration = Duration::from_secs(5);

/// A cloud with scripted faults.
pub(super) struct FaultyCloud {
    inner: Arc<dyn Cloud>,
    script: Arc<FaultScript>,
}

impl FaultyCloud {
    /// Wraps `inner` with the faults of `script`.
    pub(super) fn new(inner: Arc<dyn Cloud>, script: Arc<FaultScript>) -> Self {
        Self { inner, script }
    }

    /// Returns the instance as currently visible; `None` if it is still invisible.
    fn veil(&self, mut instance: Instance) -> Option<Instance> {
        let Some(service) = service_of(&instance) else { return Some(instance) };
        let hidden = self.script.delay(&service, |kind| match kind {
            ScriptedFault::LateVisibility { delay } => Some(*delay),
            _ => None,
        });
        if hidden.is_some_and(|delay| self.script.left_of(delay, instance.launched_at).is_some()) {
            return None;
        }
        let slow = self.script.slow_start(&service);
        if instance.state == InstanceState::Running
            && slow.is_some_and(|delay| self.script.left_of(delay, instance.launched_at).is_some())
        {
            instance.state = InstanceState::Pending;
            (instance.address, instance.private_address) = (None, None);
        }
        Some(instance)
    }

    fn throttle(&self) -> Result<(), CloudError> {
        if self.script.happens_to_all(throttle_times) { Err(throttled()) } else { Ok(()) }
    }
}

#[async_trait]
impl Cloud for FaultyCloud {
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        let hidden = self.script.longest(|kind| match kind {
            ScriptedFault::LateVisibility { delay } => Some(*delay),
            _ => None,
        });
        if let Some(delay) = hidden {
            capabilities.consistency_window = capabilities.consistency_window.max(delay + VISIBILITY_SLACK);
        }
        capabilities
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        if self.script.happens(&request.slots, throttle_times) {
            return Err(throttled());
        }
        let no_capacity = |kind: &ScriptedFault| match kind {
            ScriptedFault::NoCapacity { times } => Some(*times),
            _ => None,
        };
        if self.script.happens(&request.slots, no_capacity) {
            let message = format!("no capacity for {} (rehearsed)", request.slots.join(", "));
            return Err(CloudError::new(CloudErrorKind::NoCapacity, message));
        }
        let mut request = request.clone();
        self.tag(&mut request)?;
        let Launched { instances, refusals } = self.inner.launch(&request).await?;
        let reply_lost = |kind: &ScriptedFault| match kind {
            ScriptedFault::LaunchReplyLost { times } => Some(*times),
            _ => None,
        };
        if self.script.happens(&request.slots, reply_lost) {
            let message = "the connection was lost before the launch was answered (rehearsed)";
            return Err(CloudError::new(CloudErrorKind::Transient, message));
        }
        // The reply to a launch includes instances that are not visible in queries yet.
        let instances = instances.into_iter().map(|one| self.veil(one.clone()).unwrap_or(one)).collect();
        Ok(Launched { instances, refusals })
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        self.throttle()?;
        let instances = self.inner.describe(selector).await?;
        Ok(instances.into_iter().filter_map(|instance| self.veil(instance)).collect())
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        self.throttle()?;
        self.inner.terminate(ids).await
    }

    async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        self.throttle()?;
        let renewed = self.inner.renew(ids, until).await?;
        let reply_lost = |kind: &ScriptedFault| match kind {
            ScriptedFault::RenewReplyLost { times } => Some(*times),
            _ => None,
        };
        if self.script.happens_to_all(reply_lost) {
            let message = "the connection was lost before the renewal was answered (rehearsed)";
            return Err(CloudError::new(CloudErrorKind::Transient, message));
        }
        Ok(renewed)
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        self.throttle()?;
        self.inner.console(id).await
    }

    async fn host_keys(&self, id: &str) -> Result<String, CloudError> {
        self.throttle()?;
        self.inner.host_keys(id).await
    }

    async fn check(&self, requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        self.inner.check(requests).await
    }

    async fn leftovers(&self, run: Option<&str>) -> Result<Leftovers, CloudError> {
        self.throttle()?;
        self.inner.leftovers(run).await
    }

    async fn remove_leftover(&self, leftover: &Leftover) -> Result<(), CloudError> {
        self.throttle()?;
        self.inner.remove_leftover(leftover).await
    }

    fn host(&self, service: &str, instance: &Instance) -> Option<Arc<dyn Host>> {
        let host = self.inner.host(service, instance)?;
        let service = service.to_owned();
        let launched = Some(instance.launched_at);
        Some(Arc::new(FaultyHost::new(host, service, launched, Arc::clone(&self.script))))
    }
}

impl FaultyCloud {
    /// Stores in the tags the data about the launch that is needed later.
    fn tag(&self, request: &mut LaunchRequest) -> Result<(), CloudError> {
        let json = |value: serde_json::Result<String>| {
            value.map_err(|error| CloudError::new(CloudErrorKind::Rejected, format!("cannot rehearse: {error}")))
        };
        let dying: BTreeMap<&String, f64> = request
            .slots
            .iter()
            .filter_map(|service| {
                let delay = self.script.delay(service, |kind| match kind {
                    ScriptedFault::Dies { delay } => Some(*delay),
                    _ => None,
                });
                Some((service, delay?.as_secs_f64()))
            })
            .collect();
        let dies = json(serde_json::to_string(&dying))?;
        if !dying.is_empty() {
            request.tags.insert(TAG_DIES_AFTER.to_owned(), dies);
        }
        let services = json(serde_json::to_string(&request.slots))?;
        request.tags.insert(TAG_SERVICES.to_owned(), services);
        Ok(())
    }
}

fn throttle_times(kind: &ScriptedFault) -> Option<u32> {
    match kind {
        ScriptedFault::Throttle { times } => Some(*times),
        _ => None,
    }
}

fn throttled() -> CloudError {
    CloudError::new(CloudErrorKind::Transient, "the request rate is too high (rehearsed)")
}

fn service_of(instance: &Instance) -> Option<String> {
    let services: Vec<String> = serde_json::from_str(instance.tags.get(TAG_SERVICES)?).ok()?;
    services.into_iter().nth(instance.launch_index)
}
