//! What the commands ask of a run, as lines of its journal. [`Driver::drive`] then does what follows from them.

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
    /// Raise everything. With `by_level`, machines are launched with their level instead of all at the start.
    pub fn boot(&mut self, by_level: bool) -> Result<(), DriverError> {
        self.set_goal(Goal::Up { repairs: 0, by_level, dependents: false })
    }

    /// Go on towards the goal that the run has, on the machines that it has; what failed is tried again from the stage
    /// that failed.
    pub fn resume(&mut self) -> Result<(), DriverError> {
        self.resume_with(&[])
    }

    /// As [`Driver::resume`]; what `seen` shows of addresses ([`super::survey()`]) is taken up first. Where the run had
    /// reached its goal, no boot program runs again for them: nobody asked for it.
    pub fn resume_with(&mut self, seen: &[ObservedInstance]) -> Result<(), DriverError> {
        if self.run().goal.is_none() {
            self.boot(false)?;
        }
        let course = resume(self.run(), seen)?;
        self.follow(course)
    }

    /// Replace what does not work: `seen` is what [`super::examine`] found, one observation a service. Where it is
    /// empty, nobody looked, and everything is checked on the way.
    pub fn repair(&mut self, seen: &[Observation]) -> Result<(), DriverError> {
        let course = repair(self.run(), seen, false)?;
        self.follow(course)
    }

    /// As [`Driver::repair`], and run the boot program again of each service that was given values which are others
    /// now.
    pub fn repair_with_dependents(&mut self, seen: &[Observation]) -> Result<(), DriverError> {
        let course = repair(self.run(), seen, true)?;
        self.follow(course)
    }

    /// Bring the run in line with a new plan, and replace what does not work; `seen` as for [`Driver::repair`].
    pub fn reload(&mut self, plan: Plan, seen: &[Observation]) -> Result<(), DriverError> {
        let course = reload(self.run(), &plan, seen)?;
        self.follow(course)
    }

    /// Bring everything down, then raise it anew; `seen` is what the clouds show ([`super::survey()`]), or empty.
    pub fn reboot(&mut self, seen: &[ObservedInstance]) -> Result<(), DriverError> {
        let course = reboot(self.run(), seen)?;
        self.follow(course)
    }

    /// Bring everything down; a machine whose terminate program fails is kept.
    pub fn terminate(&mut self) -> Result<(), DriverError> {
        self.end(false, &[])
    }

    /// As [`Driver::terminate`]; with `force`, terminate programs keep nothing. `seen` as for [`Driver::reboot`]: what
    /// is gone needs no farewell.
    pub fn end(&mut self, force: bool, seen: &[ObservedInstance]) -> Result<(), DriverError> {
        let course = tear_down(self.run(), force, seen)?;
        self.follow(course)
    }

    /// Gives up the hosts of these services; to be called after [`Driver::end`].
    pub fn abandon(&mut self, positions: &[usize]) -> Result<(), DriverError> {
        for &position in positions {
            if !matches!(self.run().record(position).phase, Phase::Terminated { .. }) {
                self.change(position, ServiceEvent::Abandoned)?;
            }
        }
        Ok(())
    }

    /// Records which machines are stopped: they are not gone, and their services do not work. After [`Driver::resume`],
    /// which tries what failed again.
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
