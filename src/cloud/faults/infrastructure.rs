//! An infrastructure with scripted faults.

use std::sync::Arc;

use super::cloud::FaultyCloud;
use super::fault::FaultScript;
use super::host::FaultyHost;
use crate::plan::{Plan, Service};
use crate::provider::{Cloud, CloudError, Host, HostError, Infrastructure, RemoteMachine};

/// An infrastructure with scripted faults.
pub(super) struct FaultyInfrastructure {
    inner: Arc<dyn Infrastructure>,
    script: Arc<FaultScript>,
}

impl FaultyInfrastructure {
    /// Wraps `inner` with the faults of `script`.
    pub(super) fn new(inner: Arc<dyn Infrastructure>, script: Arc<FaultScript>) -> Self {
        Self { inner, script }
    }

    fn faulty(&self, service: &Service, host: Arc<dyn Host>) -> Arc<dyn Host> {
        Arc::new(FaultyHost::new(host, service.name.clone(), None, Arc::clone(&self.script)))
    }
}

impl Infrastructure for FaultyInfrastructure {
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        let cloud = self.inner.cloud(name)?;
        Ok(Arc::new(FaultyCloud::new(cloud, Arc::clone(&self.script))))
    }

    fn adopt(&self, plan: &Arc<Plan>) {
        self.inner.adopt(plan);
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        self.inner.this_host(service).map(|host| self.faulty(service, host))
    }

    fn remote(
        &self,
        service: &Service,
        address: &str,
        machine: Option<&RemoteMachine>,
    ) -> Result<Arc<dyn Host>, HostError> {
        self.inner.remote(service, address, machine).map(|host| self.faulty(service, host))
    }
}
