//! A run's services: from its plan, and from its journal.

use std::sync::Arc;

use super::dependents::Dependents;
use super::plan_layout::PlanLayout;
use super::service_state::ServiceState;
use crate::plan::Plan;

/// The services of a run, in the plan's order.
#[derive(Clone, Debug)]
pub(super) struct Services {
    /// The name of their run, which they can read.
    pub(super) run_name: String,
    /// The services in the plan in force.
    pub(super) layout: Arc<PlanLayout>,
    /// The services' states according to the journal.
    pub(super) states: Vec<ServiceState>,
    /// The dependencies between services through the values that they read.
    pub(super) dependents: Dependents,
}

impl Services {
    /// Creates the services of a plan; `states` has one state for each.
    pub(super) fn new(run_name: String, plan: Arc<Plan>, states: Vec<ServiceState>) -> Self {
        Self { run_name, layout: Arc::new(PlanLayout::new(plan)), states, dependents: Dependents::default() }
    }

    /// Puts another plan in force; `states` are those of its services.
    pub(super) fn take_plan(&mut self, plan: Arc<Plan>, states: Vec<ServiceState>) {
        self.layout = Arc::new(PlanLayout::new(plan));
        self.states = states;
        self.dependents = self.dependents.of_another_plan();
    }

    /// Returns the state of the service at `position`.
    pub(super) fn record(&self, position: usize) -> &ServiceState {
        &self.states[position]
    }

    /// Returns the state of the service of this name.
    pub(super) fn of(&self, service: &str) -> Option<&ServiceState> {
        Some(self.record(self.layout.position(service)?))
    }

    /// Returns the last line of the journal at which a value ended that others may have read.
    pub(super) fn overtaken(&self) -> u64 {
        self.dependents.overtaken
    }

    /// Returns the services whose values the boot program of the service at `position` may be given.
    pub(super) fn boot_reads(&self, position: usize) -> &[usize] {
        self.dependents.read_by(&self.layout, position)
    }
}
