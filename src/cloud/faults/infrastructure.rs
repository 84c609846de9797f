//! Places where everything misbehaves by script.

use std::sync::Arc;

use super::Rehearsal;
use crate::plan::{Plan, Service};
use crate::provider::{Cloud, CloudError, Host, HostError, Infrastructure, RemoteMachine};

/// The places inside, rehearsed.
pub(super) struct FaultyInfrastructure {
    pub(super) inner: Arc<dyn Infrastructure>,
    pub(super) rehearsal: Rehearsal,
}

impl Infrastructure for FaultyInfrastructure {
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        self.inner.cloud(name).map(|cloud| self.rehearsal.cloud(cloud))
    }

    fn adopt(&self, plan: &Arc<Plan>) {
        self.inner.adopt(plan);
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        self.inner.this_host(service).map(|host| self.rehearsal.host(&service.name, host))
    }

    fn remote(
        &self,
        service: &Service,
        address: &str,
        machine: Option<&RemoteMachine>,
    ) -> Result<Arc<dyn Host>, HostError> {
        self.inner.remote(service, address, machine).map(|host| self.rehearsal.host(&service.name, host))
    }
}
