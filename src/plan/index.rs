//! The services of a plan by name.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::model::{LaunchSpec, Plan, Service};
use super::text::{Reference, Text};

/// A plan with an index of its services, built once per plan and cheap to clone.
#[derive(Clone, Debug)]
pub struct PlanIndex {
    plan: Arc<Plan>,
    /// The position of the level, and that of the service in it.
    positions: Arc<HashMap<String, (usize, usize)>>,
}

impl PlanIndex {
    /// Indexes the plan.
    pub fn new(plan: Arc<Plan>) -> Self {
        let mut positions = HashMap::with_capacity(plan.service_count());
        for (level, services) in plan.levels.iter().enumerate() {
            for (position, service) in services.services.iter().enumerate() {
                positions.insert(service.name.clone(), (level, position));
            }
        }
        Self { plan, positions: Arc::new(positions) }
    }

    /// Returns the plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Returns the service with this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        let &(level, position) = self.positions.get(name)?;
        Some(&self.plan.levels[level].services[position])
    }

    /// Returns the position of the service's level, from 0.
    pub fn level_of(&self, name: &str) -> Option<usize> {
        self.positions.get(name).map(|&(level, _)| level)
    }

    /// Returns the services of earlier levels that must be ready before this one's instance can be launched or its
    /// address is known: those that its texts reference, also through own attributes and variables. If there are none,
    /// it can be launched at once.
    pub fn launch_needs(&self, service: &Service) -> BTreeSet<String> {
        let mut needs = BTreeSet::new();
        let mut seen: BTreeSet<Reference> = BTreeSet::new();
        let launch = service.launch.iter().flat_map(LaunchSpec::texts);
        let mut pending: Vec<Text> = service.address.iter().chain(launch).cloned().collect();
        while let Some(text) = pending.pop() {
            for reference in text.references() {
                if !seen.insert(reference.clone()) {
                    continue;
                }
                match reference {
                    Reference::Service { service, .. } => {
                        needs.insert(service);
                    }
                    Reference::Own(attribute) => pending.extend(service.attributes.get(&attribute).cloned()),
                    Reference::Global(name) => {
                        pending.extend(self.plan.variables.get(&name).map(|value| Text::new(value.as_str())));
                    }
                }
            }
        }
        needs
    }
}
