//! The clouds and hosts that the engine works with.

use std::sync::Arc;

use super::cloud::Cloud;
use super::cloud_error::CloudError;
use super::host::Host;
use super::host_error::HostError;
use crate::plan::{Plan, Service};

/// Provides the clouds and hosts that a plan names. Created by the command line; tests use simulated ones.
pub trait Infrastructure: Send + Sync {
    /// Returns the cloud of this name in the plan.
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError>;

    /// Switches to the clouds and services of this plan.
    fn adopt(&self, _plan: &Arc<Plan>) {}

    /// Returns the machine that runs hoist, as the host of this service.
    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError>;

    /// Returns the host at this address for this service: an instance `machine`, or an existing host.
    fn remote(
        &self,
        service: &Service,
        address: &str,
        machine: Option<&RemoteMachine>,
    ) -> Result<Arc<dyn Host>, HostError>;
}

/// An instance that its cloud does not reach itself.
pub struct RemoteMachine {
    /// The cloud, which may know the host's key.
    pub cloud: Arc<dyn Cloud>,
    /// The instance's id.
    pub id: String,
}
