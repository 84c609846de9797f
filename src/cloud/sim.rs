//! The simulated cloud: in-process, without I/O, on tokio's clock, and deterministic for a given seed.
//!
//! It is a whole cloud, not a mock: instances start, answer, run programs, fail and terminate; tokens and tags work as
//! on EC2; and it is independent of the engine that uses it. A test may therefore drop an engine half way and start
//! another on a clone of the same [`SimCloud`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::sleep;

use crate::provider::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Host, Instance, LaunchRequest, Offer, Selector,
};

mod calls;
mod clock;
mod config;
mod delay;
mod execution_log;
mod fault;
mod host;
mod infrastructure;
mod instance;
mod instance_calls;
mod machine;
mod site;
mod state;
#[cfg(test)]
mod tests;

pub use calls::Calls;
pub use config::{Execution, ProgramBehavior, ProgramFn, SimConfig};
pub use delay::Delay;
pub use execution_log::ExecutionLog;
pub use fault::{FaultKind, SimFault};
pub use host::SimHost;
pub use machine::SimFile;

use instance::SimInstance;
use site::HostLocation;
use state::{SimState, State};

/// A simulated cloud; clones are the same cloud.
#[derive(Clone, Debug)]
pub struct SimCloud {
    world: Arc<SimState>,
}

/// An instance, and its launch.
#[derive(Clone, Debug, PartialEq)]
pub struct SimLaunch {
    /// The service.
    pub service: String,
    /// The launch's token.
    pub token: String,
    /// The instance in its current state.
    pub instance: Instance,
}

impl SimCloud {
    /// Creates a cloud without instances.
    pub fn new(config: SimConfig) -> Self {
        Self { world: Arc::new(SimState::new(config)) }
    }

    /// Injects a fault from now on.
    pub fn fault(&self, fault: SimFault) {
        self.world.lock().faults.add(fault);
    }

    /// Returns the counts of calls so far.
    pub fn calls(&self) -> Calls {
        self.world.lock().calls
    }

    /// Returns the time of the cloud's clock.
    pub fn now(&self) -> Timestamp {
        let mut state = self.world.lock();
        state.config.epoch + state.now()
    }

    /// Returns every instance ever launched, in order, including terminated ones.
    pub fn launched(&self) -> Vec<SimLaunch> {
        let mut state = self.world.lock();
        let (now, epoch) = (state.now(), state.config.epoch);
        let launched = state.instances.iter().map(|instance| SimLaunch {
            service: instance.service().to_owned(),
            token: instance.request.token.clone(),
            instance: instance.show(now, epoch),
        });
        launched.collect()
    }

    /// Returns every instance that is not terminated, that is, billed.
    pub fn alive(&self) -> Vec<SimLaunch> {
        self.launched().into_iter().filter(|launched| !launched.instance.state.is_gone()).collect()
    }

    /// Returns how often each offer was requested, first calls only.
    pub fn asked(&self) -> BTreeMap<Offer, usize> {
        self.world.lock().asked.clone()
    }

    /// Returns every execution of a program so far, in order.
    pub fn executed(&self) -> Vec<ExecutionLog> {
        self.world.lock().executed.clone()
    }

    /// Ends the instances of a service as if they had failed by themselves; returns their number.
    pub fn kill(&self, service: &str) -> usize {
        let mut state = self.world.lock();
        let now = state.now();
        let of_service = state.instances.iter_mut().filter(|i| i.service() == service && !i.state(now).is_gone());
        of_service.map(|instance| instance.end(now, "the instance failed (simulated)")).count()
    }

    /// Stops and starts the instances of a service, which gives them new addresses; returns their number.
    pub fn restart(&self, service: &str) -> usize {
        let mut state = self.world.lock();
        let now = state.now();
        let of_service = state.instances.iter_mut().filter(|i| i.service() == service && !i.state(now).is_gone());
        of_service.map(SimInstance::readdress).count()
    }

    /// Returns the host of a service without launch: an existing address, or this machine.
    pub fn standing_host(&self, service: &str) -> Arc<SimHost> {
        self.world.lock().add_standing(service);
        Arc::new(SimHost::new(self.world.clone(), HostLocation::Standing(service.to_owned())))
    }

    /// Returns the host on the instance with this id.
    pub fn host_of(&self, id: &str) -> Arc<SimHost> {
        let site =
            self.world.lock().position(id).map_or_else(|| HostLocation::Unknown(id.to_owned()), HostLocation::Instance);
        Arc::new(SimHost::new(self.world.clone(), site))
    }

    /// Runs `act` in the middle of the call's duration: a caller that is dropped before then has called nothing, and
    /// one that is dropped afterwards does not learn the result.
    async fn call<T>(&self, takes: Duration, act: impl FnOnce(&mut State) -> T) -> T {
        let half = takes / 2;
        pause(half).await;
        let result = act(&mut self.world.lock());
        pause(takes - half).await;
        result
    }

    fn call_time(&self, what: &str) -> Duration {
        let state = self.world.lock();
        let number = state.calls.of_cloud();
        state.config.call.draw(state.config.seed, what, &number.to_string())
    }
}

async fn pause(duration: Duration) {
    if !duration.is_zero() {
        sleep(duration).await;
    }
}

#[async_trait]
impl Cloud for SimCloud {
    fn capabilities(&self) -> Capabilities {
        let state = self.world.lock();
        Capabilities {
            max_batch: state.config.max_batch,
            consistency_window: state.config.late_visibility,
            poll_first: state.config.poll_first,
            poll_longest: state.config.poll_longest,
            renews: true,
            lease_notice: Duration::ZERO,
            lacks: Vec::new(),
        }
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<crate::provider::Launched, CloudError> {
        let takes = {
            let state = self.world.lock();
            state.config.launch.draw(state.config.seed, "launch", &request.token)
        };
        self.call(takes, |state| {
            state.calls.launch += 1;
            let launched = state.launch(request)?;
            let lost = |kind: &FaultKind| (*kind == FaultKind::LaunchReplyLost).then_some(());
            match state.fault(&request.slots, lost) {
                Some(()) => Err(CloudError::new(CloudErrorKind::Transient, "the answer was lost (simulated)")),
                None => Ok(launched),
            }
        })
        .await
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        self.call(self.call_time("describe"), |state| {
            state.calls.describe += 1;
            state.describe(selector)
        })
        .await
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        self.call(self.call_time("terminate"), |state| {
            state.calls.terminate += 1;
            state.terminate(ids)
        })
        .await
    }

    async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        self.call(self.call_time("renew"), |state| {
            state.calls.renew += 1;
            state.renew(ids, until)
        })
        .await
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        self.call(self.call_time("console"), |state| {
            state.calls.console += 1;
            state.console(id)
        })
        .await
    }

    fn host(&self, _: &str, instance: &Instance) -> Option<Arc<dyn Host>> {
        Some(self.host_of(&instance.id))
    }
}
