//! A run as a new plan would check it.

use std::collections::HashMap;

use super::run::Run;
use crate::plan::{Plan, Service};

impl Run {
    /// Returns the run with its services checked according to the new plan: by its ready programs, over its SSH
    /// settings.
    #[must_use]
    pub fn viewed_by(&self, new: &Plan) -> Self {
        let known: HashMap<&str, &Service> =
            new.services().map(|(_, service)| (service.name.as_str(), service)).collect();
        let mut viewed = self.plan.as_ref().clone();
        viewed.variables = new.variables.clone();
        for service in viewed.levels.iter_mut().flat_map(|level| &mut level.services) {
            if let Some(new) = known.get(service.name.as_str()) {
                service.programs.ready = new.programs.ready.clone();
                service.ssh = new.ssh.clone();
                service.secrets = new.secrets.clone();
            }
        }
        self.under(viewed)
    }
}
