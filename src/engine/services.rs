//! A run's services: as its plan has them, and as its journal has them.

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
    /// What the plan in force says.
    pub(super) layout: Arc<PlanLayout>,
    /// What the journal says.
    pub(super) states: Vec<ServiceState>,
    /// Who reads whose values.
    pub(super) dependents: Dependents,
}

impl Services {
    /// Of a plan, one state for each.
    pub(super) fn new(run_name: String, plan: Arc<Plan>, states: Vec<ServiceState>) -> Self {
        Self { run_name, layout: Arc::new(PlanLayout::new(plan)), states, dependents: Dependents::default() }
    }

    /// Puts another plan in force; `states` are those of its services.
    pub(super) fn take_plan(&mut self, plan: Arc<Plan>, states: Vec<ServiceState>) {
        self.layout = Arc::new(PlanLayout::new(plan));
        self.states = states;
        self.dependents = self.dependents.of_another_plan();
    }

    /// The service at `position`, as the journal has it.
    pub(super) fn record(&self, position: usize) -> &ServiceState {
        &self.states[position]
    }

    /// The service of this name, as the journal has it.
    pub(super) fn of(&self, service: &str) -> Option<&ServiceState> {
        Some(self.record(self.layout.position(service)?))
    }

    /// The last line of the journal at which something ended that others may have read.
    pub(super) fn overtaken(&self) -> u64 {
        self.dependents.overtaken
    }

    /// The services whose values the boot program of the one at `position` may be given.
    pub(super) fn boot_reads(&self, position: usize) -> &[usize] {
        self.dependents.read_by(&self.layout, position)
    }
}
