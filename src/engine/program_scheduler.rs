//! Announces a program that the driver is about to run, once its local requirements are met.

use std::sync::Arc;

use super::action::Action;
use super::driver_error::DriverError;
use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::goal::Goal;
use super::phase::{Phase, ProgramExecution};
use super::placement::host_of;
use super::prepared_program::PreparedProgram;
use super::tasks;
use super::turn::Turn;
use crate::plan::ProgramKind;
use crate::provider::Host;

/// Records that the program begins, and starts it; if it cannot start, holds the action up.
pub(super) fn schedule_program(turn: &mut Turn<'_, '_>, position: usize, kind: ProgramKind) -> Result<(), DriverError> {
    let action = Action::of_program(kind, position);
    let (program, host, optional) = match prepare(turn, position, kind) {
        Ok(prepared) => prepared,
        Err(failure) => return turn.progress.hold_up(action, failure),
    };
    match (kind, &turn.run().record(position).phase) {
        (ProgramKind::Boot, Phase::Reachable) => turn.progress.change(position, ServiceEvent::BootStarted)?,
        (ProgramKind::Ready, Phase::Booted) => turn.progress.change(position, ServiceEvent::CheckStarted)?,
        _ => {}
    }
    let execution = match &turn.run().record(position).phase {
        Phase::Booting(execution) | Phase::Checking(execution) => *execution,
        Phase::Terminating(farewell) => farewell.execution(),
        phase => return Err(DriverError::Defect(format!("a {} service runs no {kind} program", phase.name()))),
    };
    let program = program.with_execution(execution);
    let told = turn.tasks.told();
    turn.tasks.push(vec![action], tasks::program(position, program, host, optional, told));
    Ok(())
}

/// Prepares everything that running the program needs, before it is announced.
fn prepare(
    turn: &mut Turn<'_, '_>,
    position: usize,
    kind: ProgramKind,
) -> Result<(PreparedProgram, Arc<dyn Host>, bool), Failure> {
    let stage = Stage::from(kind);
    let (host, _) = host_of(turn.progress.run(), position, stage, turn.clouds)?;
    let run = turn.run();
    let Some(program) = kind.of(&run.service(position).programs) else {
        return Err(Failure::new(stage, format!("it has no {kind} program")));
    };
    let mut prepared = PreparedProgram::prepare(run, position, kind, program, ProgramExecution::default())?;
    if matches!(run.goal, Some(Goal::Down { force: true })) {
        prepared = prepared.briefly();
    }
    let optional = program.optional;
    turn.progress.learn(prepared.secrets());
    Ok((prepared, host, optional))
}
