//! What the commands ask of a run, as lines of its journal. [`Driver::drive`] then does what follows from them.

use super::driver::{Driver, DriverError};
use super::event::{Change, Goal};
use super::health::InstanceSeen;
use super::phase::Phase;
use crate::plan::{Plan, diff};

/// How often a failed service's machine is replaced by one repair (cloudinit.d's limit).
pub const REPAIR_LIMIT: u32 = 2;

impl Driver<'_> {
    /// Raise everything. With `by_level`, machines are launched with their level instead of all at the start.
    pub fn raise(&mut self, by_level: bool) -> Result<(), DriverError> {
        self.set_goal(Goal::Up { repairs: 0, by_level })
    }

    /// Go on towards the goal that the run has, on the machines that it has; what failed is tried again from the stage that
    /// failed.
    pub fn resume(&mut self) -> Result<(), DriverError> {
        if self.run().goal.is_none() {
            self.raise(false)?;
        }
        if !matches!(self.run().goal, Some(Goal::Down)) {
            self.change_each(|phase| match phase {
                Phase::Failed(_) => Some(Change::Retried),
                Phase::Lost(_) => Some(Change::TerminateStarted { again: true }),
                _ => None,
            })?;
        }
        self.retry_removals()
    }

    /// Check everything, and replace the machine of each service that fails; `seen` is what the clouds show
    /// ([`super::survey`]), or empty.
    pub fn repair(&mut self, seen: &[InstanceSeen]) -> Result<(), DriverError> {
        if !matches!(self.run().goal, Some(Goal::Reload { .. })) {
            self.set_goal(Goal::Up { repairs: REPAIR_LIMIT, by_level: false })?;
        }
        self.retry_removals()?;
        self.note_lost(seen)?;
        self.change_each(|phase| matches!(phase, Phase::Ready { .. }).then_some(Change::Recheck))
    }

    /// Bring the run in line with a new plan, then check everything; `seen` as for [`Driver::repair`].
    pub fn reload(&mut self, plan: Plan, seen: &[InstanceSeen]) -> Result<(), DriverError> {
        let changes = diff(&self.run().plan, &plan);
        let gone_or_changed = changes.removed.into_iter().chain(changes.rebooted.into_iter().map(|(name, _)| name));
        // What is raised anew by the new plan may be new to the run.
        let condemned = gone_or_changed.filter(|name| self.run().position(name).is_some()).collect();
        self.set_goal(Goal::Reload { plan: Box::new(plan), condemned })?;
        self.retry_removals()?;
        self.note_lost(seen)
    }

    /// Bring everything down, then raise it anew.
    pub fn reboot(&mut self) -> Result<(), DriverError> {
        let plan = Box::new(self.run().plan.as_ref().clone());
        let condemned = plan.services().map(|(_, service)| service.name.clone()).collect();
        self.set_goal(Goal::Reload { plan, condemned })?;
        self.retry_removals()
    }

    /// Bring everything down.
    pub fn lower(&mut self) -> Result<(), DriverError> {
        self.set_goal(Goal::Down)?;
        self.retry_removals()
    }

    /// Lets tear-downs that failed be tried again.
    fn retry_removals(&mut self) -> Result<(), DriverError> {
        self.change_each(|phase| match phase {
            Phase::Terminating(farewell) if farewell.failure.is_some() => {
                Some(Change::TerminateStarted { again: farewell.again })
            }
            _ => None,
        })
    }

    /// Records which instances are gone without us.
    fn note_lost(&mut self, seen: &[InstanceSeen]) -> Result<(), DriverError> {
        for (position, instance) in seen.iter().enumerate() {
            let record = self.run().record(position);
            let has_machine = !record.phase.is_going()
                && !matches!(record.phase, Phase::Pending | Phase::Launching(_) | Phase::Lost(_));
            let id = record.instance_id().unwrap_or_default();
            let reason = match instance {
                InstanceSeen::Absent => format!("{id}: the cloud no longer knows it"),
                InstanceSeen::Here(instance) if instance.state.is_gone() => {
                    format!("{id}: {}", instance.reason.as_deref().unwrap_or("the cloud shows it as terminated"))
                }
                _ => continue,
            };
            if has_machine {
                self.change(position, Change::Lost { reason })?;
            }
        }
        Ok(())
    }

    fn change_each(&mut self, change: impl Fn(&Phase) -> Option<Change>) -> Result<(), DriverError> {
        for position in 0..self.run().records().len() {
            if let Some(change) = change(&self.run().record(position).phase) {
                self.change(position, change)?;
            }
        }
        Ok(())
    }
}
