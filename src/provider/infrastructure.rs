//! Where things are: the composition that the engine is given.

use std::sync::Arc;

use super::cloud::Cloud;
use super::cloud_error::CloudError;
use super::host::Host;
use super::host_error::HostError;
use crate::plan::{Plan, Service};

/// Gives the clouds and hosts that a plan names. Made by the command line; tests give simulated ones.
pub trait Infrastructure: Send + Sync {
    /// The cloud of this name in the plan.
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError>;

    /// From now on clouds and services are what this plan says.
    fn adopt(&self, _plan: &Arc<Plan>) {}

    /// The machine that hoist runs on, for the programs of this service.
    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError>;

    /// The host at this address, for the programs of this service: on `machine`, or one that is there anyway.
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
