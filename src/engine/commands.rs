//! The commands' requests to a run, as lines of its journal. [`Driver::drive`] then carries out the consequences.

use super::courses::{reboot, reload, repair, resume, tear_down};
use super::driver::Driver;
use super::driver_error::DriverError;
use super::event::ServiceEvent;
use super::goal::Goal;
use super::observation::{Observation, ObservedInstance};
use super::phase::Phase;
use super::projection::Projection;
use super::standstill::stopped;
use crate::plan::Plan;

impl Driver<'_> {
    /// Raises everything. With `by_level`, instances are launched with their level instead of all at the start.
    pub fn boot(&mut self, by_level: bool) -> Result<(), DriverError> {
        self.set_goal(Goal::Up { repairs: 0, by_level, dependents: false })
    }

    /// Continues towards the run's goal, on its existing machines; failed services are retried from the stage that
    /// failed.
    pub fn resume(&mut self) -> Result<(), DriverError> {
        self.resume_with(&[])
    }

    /// As [`Driver::resume`], after adopting the addresses in `seen` ([`super::survey()`]). Where the run had reached
    /// its goal, no boot program runs again for them: nobody asked for it.
    pub fn resume_with(&mut self, seen: &[ObservedInstance]) -> Result<(), DriverError> {
        if self.run().goal.is_none() {
            self.boot(false)?;
        }
        let course = resume(self.run(), seen)?;
        self.follow(course)
    }

    /// Replaces broken services. `seen` is the result of [`super::examine`], one observation per service; if it is
    /// empty, everything is checked on the way.
    pub fn repair(&mut self, seen: &[Observation]) -> Result<(), DriverError> {
        let course = repair(self.run(), seen, false)?;
        self.follow(course)
    }

    /// As [`Driver::repair`], and runs the boot program again of each service whose given values have changed.
    pub fn repair_with_dependents(&mut self, seen: &[Observation]) -> Result<(), DriverError> {
        let course = repair(self.run(), seen, true)?;
        self.follow(course)
    }

    /// Brings the run in line with a new plan, and replaces broken services; `seen` as for [`Driver::repair`].
    pub fn reload(&mut self, plan: Plan, seen: &[Observation]) -> Result<(), DriverError> {
        let course = reload(self.run(), &plan, seen)?;
        self.follow(course)
    }

    /// Brings everything down, then raises it anew; `seen` is the result of [`super::survey()`], or empty.
    pub fn reboot(&mut self, seen: &[ObservedInstance]) -> Result<(), DriverError> {
        let course = reboot(self.run(), seen)?;
        self.follow(course)
    }

    /// Brings everything down; a machine whose terminate program fails is kept.
    pub fn terminate(&mut self) -> Result<(), DriverError> {
        self.end(false, &[])
    }

    /// As [`Driver::terminate`]; with `force`, failed terminate programs keep no machine. `seen` as for
    /// [`Driver::reboot`]: instances that are gone need no terminate program.
    pub fn end(&mut self, force: bool, seen: &[ObservedInstance]) -> Result<(), DriverError> {
        let course = tear_down(self.run(), force, seen)?;
        self.follow(course)
    }

    /// Gives up the hosts of these services; must be called after [`Driver::end`].
    pub fn abandon(&mut self, positions: &[usize]) -> Result<(), DriverError> {
        for &position in positions {
            if !matches!(self.run().record(position).phase, Phase::Terminated { .. }) {
                self.change(position, ServiceEvent::Abandoned)?;
            }
        }
        Ok(())
    }

    /// Records which instances are stopped: they still exist, but their services do not work. Call it after
    /// [`Driver::resume`], which retries failed services.
    pub fn note_stopped(&mut self, seen: &[ObservedInstance]) -> Result<(), DriverError> {
        for (position, instance) in seen.iter().enumerate() {
            let ObservedInstance::Here(instance) = instance else { continue };
            let phase = self.run().record(position).phase.clone();
            let Some(change) = stopped(instance, &phase) else { continue };
            if matches!(phase, Phase::Ready { .. }) {
                self.change(position, ServiceEvent::Recheck)?;
            }
            self.change(position, change)?;
        }
        Ok(())
    }

    fn follow(&mut self, course: Projection) -> Result<(), DriverError> {
        course.events.into_iter().try_for_each(|event| self.record(event))
    }
}
