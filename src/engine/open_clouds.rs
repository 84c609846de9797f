//! The clouds that a run uses, each opened once, and the pauses between polls of each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::patient_call::poll_backoff;
use crate::plan::Plan;
use crate::provider::{Cloud, CloudError, Infrastructure};
use crate::retry::Pauses;

/// Provides clouds by their names in the plan, and hosts.
pub(super) struct OpenClouds {
    infrastructure: Arc<dyn Infrastructure>,
    opened: HashMap<String, Arc<dyn Cloud>>,
    /// The pauses between polls of instances that come up.
    pauses: HashMap<String, Pauses>,
}

impl OpenClouds {
    /// Opens no cloud yet.
    pub(super) fn new(infrastructure: Arc<dyn Infrastructure>) -> Self {
        Self { infrastructure, opened: HashMap::new(), pauses: HashMap::new() }
    }

    /// Returns the provider of hosts.
    pub(super) fn infrastructure(&self) -> &dyn Infrastructure {
        self.infrastructure.as_ref()
    }

    /// Returns the cloud of this name, opened once.
    pub(super) fn cloud(&mut self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        if let Some(cloud) = self.opened.get(name) {
            return Ok(cloud.clone());
        }
        let cloud = self.infrastructure.cloud(name)?;
        self.opened.insert(name.to_owned(), cloud.clone());
        Ok(cloud)
    }

    /// Takes clouds and services from this plan from now on.
    pub(super) fn adopt(&mut self, plan: &Arc<Plan>) {
        self.infrastructure.adopt(plan);
        self.opened.clear();
    }

    /// Returns the pause before the next poll of instances that come up on this cloud, longer each time.
    pub(super) fn poll_pause(&mut self, name: &str, cloud: &dyn Cloud) -> Duration {
        self.pauses.entry(name.to_owned()).or_insert_with_key(|name| poll_backoff(cloud, name)).pause()
    }

    /// Restarts the pauses: more instances come up.
    pub(super) fn poll_soon(&mut self, name: &str) {
        self.pauses.remove(name);
    }
}
