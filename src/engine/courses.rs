//! The events that each command adds to a run: a pure function of the run and its observations.
//!
//! A command's announcement and its journal entries are both taken from here.

use std::collections::HashSet;

use super::addresses::moved;
use super::event::{RunEvent, ServiceEvent};
use super::findings;
use super::goal::{Goal, REPAIR_LIMIT};
use super::observation::{Observation, ObservedInstance};
use super::phase::{IllegalEvent, Phase};
use super::projection::Projection;
use super::run::Run;
use super::stale::stale;
use crate::plan::{Changes, Plan, diff};

/// Continues towards the run's goal; failed services are retried from the stage that failed.
pub(super) fn resume(run: &Run, seen: &[ObservedInstance]) -> Result<Projection, IllegalEvent> {
    let mut course = Projection::of(run);
    let at_rest = run.records().iter().all(|service| matches!(service.phase, Phase::Ready { .. }))
        && (0..run.records().len()).all(|position| stale(run, position).is_empty());
    if let (Some(Goal::Up { repairs, by_level, dependents: true }), true) = (&run.goal, at_rest) {
        let goal = Goal::Up { repairs: *repairs, by_level: *by_level, dependents: false };
        course.take(RunEvent::Goal { goal })?;
    }
    take_up(&mut course, seen)?;
    if !run.goal.as_ref().is_some_and(Goal::is_down) {
        change_each(&mut course, |phase| match phase {
            Phase::Failed(_) => Some(ServiceEvent::Retried),
            Phase::Lost(_) => Some(ServiceEvent::TerminateStarted { again: true }),
            _ => None,
        })?;
    }
    let force = matches!(run.goal, Some(Goal::Down { force: true }));
    retry_removals(&mut course, force)?;
    if run.goal.as_ref().is_some_and(Goal::is_down) {
        findings::record_losses(&mut course, seen)?;
    }
    Ok(course)
}

/// Replaces broken services; without observations, has everything checked.
pub(super) fn repair(run: &Run, seen: &[Observation], dependents: bool) -> Result<Projection, IllegalEvent> {
    let mut course = Projection::of(run);
    if !matches!(run.goal, Some(Goal::Reload { .. })) {
        course.take(RunEvent::Goal { goal: Goal::Up { repairs: REPAIR_LIMIT, by_level: false, dependents } })?;
    }
    retry_removals(&mut course, false)?;
    take_up(&mut course, seen.iter().map(|seen| &seen.instance))?;
    findings::record(&mut course, seen, |_| true)?;
    findings::check_what_comes_after(&mut course, seen)?;
    Ok(course)
}

/// Brings the run in line with a new plan, and replaces broken services.
pub(super) fn reload(run: &Run, plan: &Plan, seen: &[Observation]) -> Result<Projection, IllegalEvent> {
    let condemned = condemned(run, &diff(&run.plan, plan));
    let mut course = Projection::of(run);
    take_up(&mut course, seen.iter().map(|seen| &seen.instance))?;
    let going: HashSet<&str> = condemned.iter().map(String::as_str).collect();
    findings::record(&mut course, seen, |name| !going.contains(name))?;
    let settled = findings::settled(&course.run, plan, &condemned, seen);
    let goal = Goal::Reload { plan: Box::new(plan.clone()), condemned: condemned.clone(), settled, dependents: true };
    course.take(RunEvent::Goal { goal })?;
    findings::check_the_ill_after(&mut course, plan, &condemned, seen)?;
    retry_removals(&mut course, false)?;
    Ok(course)
}

/// Records the addresses of instances that have changed.
fn take_up<'a>(
    course: &mut Projection,
    seen: impl IntoIterator<Item = &'a ObservedInstance>,
) -> Result<(), IllegalEvent> {
    let (changes, _) = moved(&course.run, seen);
    changes.into_iter().try_for_each(|(position, change)| course.change(position, change))
}

/// Returns the run's services that a new plan removes or raises anew. Services that are new to the run are left out.
fn condemned(run: &Run, changes: &Changes) -> Vec<String> {
    let gone_or_changed = changes.removed.iter().chain(changes.rebooted.iter().map(|(name, _)| name));
    gone_or_changed.filter(|name| run.position(name).is_some()).cloned().collect()
}

/// Brings everything down, then raises it anew.
pub(super) fn reboot(run: &Run, seen: &[ObservedInstance]) -> Result<Projection, IllegalEvent> {
    let mut course = Projection::of(run);
    let plan = Box::new(run.plan.as_ref().clone());
    let condemned = plan.services().map(|(_, service)| service.name.clone()).collect();
    course.take(RunEvent::Goal { goal: Goal::Reload { plan, condemned, settled: Vec::new(), dependents: false } })?;
    retry_removals(&mut course, false)?;
    take_up(&mut course, seen)?;
    findings::record_losses(&mut course, seen)?;
    Ok(course)
}

/// Brings everything down; with `force`, failed terminate programs keep no machine.
pub(super) fn tear_down(run: &Run, force: bool, seen: &[ObservedInstance]) -> Result<Projection, IllegalEvent> {
    let mut course = Projection::of(run);
    course.take(RunEvent::Goal { goal: Goal::Down { force } })?;
    retry_removals(&mut course, force)?;
    take_up(&mut course, seen)?;
    findings::record_losses(&mut course, seen)?;
    Ok(course)
}

/// Allows failed tear-downs to be tried again. With `force`, a failed terminate program does not run again.
fn retry_removals(course: &mut Projection, force: bool) -> Result<(), IllegalEvent> {
    change_each(course, |phase| match phase {
        Phase::Terminating(farewell)
            if farewell.failure.is_some() || (farewell.program_failure.is_some() && !force) =>
        {
            Some(ServiceEvent::TerminateStarted { again: farewell.again })
        }
        _ => None,
    })
}

fn change_each(course: &mut Projection, change: impl Fn(&Phase) -> Option<ServiceEvent>) -> Result<(), IllegalEvent> {
    for position in 0..course.run.records().len() {
        if let Some(change) = change(&course.run.record(position).phase) {
            course.change(position, change)?;
        }
    }
    Ok(())
}
