//! The simulated cloud, watched: whoever launches above the maximum or ends a machine with a claim is noted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hoist::cloud::sim::SimCloud;
use hoist::provider::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Host, Instance, LaunchRequest, Launched, Selector,
};
use jiff::Timestamp;

use super::world::{CPUS, Job, World};

pub(crate) struct WatchedCloud {
    pub(crate) sim: SimCloud,
    pub(crate) world: Arc<World>,
    /// Most machines that may live.
    pub(crate) max: AtomicUsize,
    /// Whether no call is answered.
    pub(crate) down: AtomicBool,
    /// Whether leases are renewed.
    pub(crate) renews: bool,
    /// Seconds within which a machine learns of its lease.
    pub(crate) notice: AtomicU64,
    /// Seconds that pass before a machine is ended, while many jobs come. 0: it is ended at once, and none comes.
    pub(crate) rush: AtomicU64,
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
        let lease_notice = Duration::from_secs(self.notice.load(Ordering::Relaxed));
        Capabilities { renews: self.renews, lease_notice, ..self.sim.capabilities() }
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
        let rush = self.rush.load(Ordering::Relaxed);
        if rush > 0 {
            tokio::time::sleep(Duration::from_secs(rush)).await;
            let job = Job { at: self.sim.now().as_second(), length: 600 };
            self.world.submit(vec![job; CPUS * self.sim.alive().len()]);
        }
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
        renewed
            .iter()
            .for_each(|id| self.world.lease(id, until.as_second(), self.notice.load(Ordering::Relaxed).cast_signed()));
        Ok(renewed)
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        self.sim.console(id).await
    }

    fn host(&self, service: &str, instance: &Instance) -> Option<Arc<dyn Host>> {
        self.sim.host(service, instance)
    }
}
