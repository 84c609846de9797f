//! Announces a program that the driver is about to run, once everything that it needs from this side is at hand.

use std::sync::Arc;

use super::action::Action;
use super::driver::{Driver, DriverError};
use super::event::{Failure, Goal, ServiceEvent, Stage};
use super::phase::{Phase, ProgramExecution};
use super::run_program::PreparedProgram;
use super::scheduled_tasks::ScheduledTasks;
use super::tasks;
use crate::plan::ProgramKind;
use crate::provider::Host;

impl Driver<'_> {
    /// Records that the program begins, and begins it; where it cannot, nothing is recorded of the service.
    pub(super) fn schedule_program(
        &mut self,
        position: usize,
        kind: ProgramKind,
        starting: &mut ScheduledTasks,
    ) -> Result<(), DriverError> {
        let action = Action::of_program(kind, position);
        let (staged, host, optional) = match self.stage(position, kind) {
            Ok(prepared) => prepared,
            Err(failure) => return self.hold_up(action, failure),
        };
        match (kind, &self.run.record(position).phase) {
            (ProgramKind::Boot, Phase::Reachable) => self.change(position, ServiceEvent::BootStarted)?,
            (ProgramKind::Ready, Phase::Booted) => self.change(position, ServiceEvent::CheckStarted)?,
            _ => {}
        }
        let execution = match &self.run.record(position).phase {
            Phase::Booting(execution) | Phase::Checking(execution) => *execution,
            Phase::Terminating(farewell) => farewell.execution(),
            phase => return Err(DriverError::Defect(format!("a {} service runs no {kind} program", phase.name()))),
        };
        let told = self.told.clone();
        let staged = staged.with_execution(execution);
        starting.push((vec![action], Box::pin(tasks::program(position, staged, host, optional, told))));
        Ok(())
    }

    /// Everything that running the program needs, before it is announced.
    fn stage(&mut self, position: usize, kind: ProgramKind) -> Result<(PreparedProgram, Arc<dyn Host>, bool), Failure> {
        let stage = Stage::from(kind);
        let (host, _) = self.host_of(position, stage)?;
        let Some(program) = kind.of(&self.run.service(position).programs) else {
            return Err(Failure::new(stage, format!("it has no {kind} program")));
        };
        let mut staged = PreparedProgram::prepare(&self.run, position, kind, program, ProgramExecution::default())?;
        if matches!(self.run.goal, Some(Goal::Down { force: true })) {
            staged = staged.briefly();
        }
        let optional = program.optional;
        self.learn(staged.secrets());
        Ok((staged, host, optional))
    }
}
