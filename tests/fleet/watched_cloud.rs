//! The simulated cloud, watched: whoever launches above the maximum or ends a machine with a claim is noted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use hoist::cloud::sim::SimCloud;
use hoist::provider::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Host, Instance, LaunchRequest, Launched, Selector,
};
use jiff::Timestamp;

use super::world::World;

pub(crate) struct WatchedCloud {
    pub(crate) sim: SimCloud,
    pub(crate) world: Arc<World>,
    /// Most machines that may live.
    pub(crate) max: AtomicUsize,
    /// Whether no call is answered.
    pub(crate) down: AtomicBool,
    /// Whether leases are renewed.
    pub(crate) renews: bool,
}

impl WatchedCloud {
    fn up(&self) -> Result<(), CloudError> {
        match self.down.load(Ordering::Relaxed) {
            true => Err(CloudError::new(CloudErrorKind::Transient, "the cloud is down")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Cloud for WatchedCloud {
    fn capabilities(&self) -> Capabilities {
        Capabilities { renews: self.renews, ..self.sim.capabilities() }
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        self.up()?;
        let launched = self.sim.launch(request).await;
        let (alive, max) = (self.sim.alive().len(), self.max.load(Ordering::Relaxed));
        if alive > max {
            self.world.violation(format!("{alive} machines live after a launch, at most {max} may"));
        }
        launched
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        self.up()?;
        self.sim.describe(selector).await
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        self.up()?;
        for id in ids.iter().filter(|id| self.world.claims(id) > 0) {
            self.world.violation(format!("{id} is ended with a claim"));
        }
        for id in ids.iter().filter(|id| self.world.is_by_hand(id)) {
            self.world.violation(format!("{id} is ended, which a person has drained"));
        }
        self.sim.terminate(ids).await
    }

    async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        self.up()?;
        let renewed = self.sim.renew(ids, until).await?;
        renewed.iter().for_each(|id| self.world.lease(id, until.as_second()));
        Ok(renewed)
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        self.sim.console(id).await
    }

    fn host(&self, service: &str, instance: &Instance) -> Option<Arc<dyn Host>> {
        self.sim.host(service, instance)
    }
}
