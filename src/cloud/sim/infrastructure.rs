//! A simulated cloud as an infrastructure: it is every cloud of a plan, and has the hosts without instances.

use std::sync::Arc;

use super::SimCloud;
use crate::plan::Service;
use crate::provider::{Cloud, CloudError, Host, HostError, Infrastructure, RemoteMachine};

impl Infrastructure for SimCloud {
    fn cloud(&self, _: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        Ok(Arc::new(self.clone()))
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        Ok(self.standing_host(&service.name))
    }

    fn remote(&self, service: &Service, _: &str, _: Option<&RemoteMachine>) -> Result<Arc<dyn Host>, HostError> {
        self.this_host(service)
    }
}
