//! Findings about a run as lines of its journal: working services are recorded as ready, others as failed or lost.

use std::collections::BTreeSet;

use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::observation::{Check, Observation, ObservedInstance};
use super::phase::{IllegalEvent, Phase};
use super::projection::Projection;
use super::run::Run;
use super::standstill::stopped;
use crate::plan::Plan;

/// Records the observations of the services that `concerns` accepts. Without an observation, services recorded as ready
/// or as failed at their check are to be checked again: their present state counts.
pub(super) fn record(
    course: &mut Projection,
    seen: &[Observation],
    concerns: impl Fn(&str) -> bool,
) -> Result<(), IllegalEvent> {
    for position in 0..course.run.records().len() {
        if !concerns(&course.run.service(position).name) {
            continue;
        }
        let changes = match seen.get(position) {
            Some(observation) => found(&course.run, position, observation),
            None => to_be_checked(&course.run.record(position).phase),
        };
        changes.into_iter().try_for_each(|change| course.change(position, change))?;
    }
    Ok(())
}

fn to_be_checked(phase: &Phase) -> Vec<ServiceEvent> {
    match phase {
        Phase::Ready { .. } => vec![ServiceEvent::Recheck],
        // A service that could not be examined last time is examined again; its failure says nothing about its machine.
        Phase::Failed(failure) if failure.stage == Stage::Ready || failure.blind => vec![ServiceEvent::Retried],
        _ => Vec::new(),
    }
}

fn found(run: &Run, position: usize, observation: &Observation) -> Vec<ServiceEvent> {
    let record = run.record(position);
    if let Some(change) = loss(run, position, &observation.instance) {
        return vec![change];
    }
    if let ObservedInstance::Here(instance) = &observation.instance
        && let Some(change) = stopped(instance, &record.phase)
    {
        let recheck = matches!(record.phase, Phase::Ready { .. }).then_some(ServiceEvent::Recheck);
        return recheck.into_iter().chain([change]).collect();
    }
    if matches!(&record.phase, Phase::Failed(failure) if failure.blind && failure.stage != Stage::Ready) {
        return to_be_checked(&record.phase);
    }
    let works = |degraded: Option<String>| match &record.phase {
        Phase::Ready { degraded: before } if *before == degraded => Vec::new(),
        phase => to_be_checked(phase).into_iter().chain([ServiceEvent::Ready { degraded }]).collect(),
    };
    match (&observation.check, &record.phase) {
        (_, phase) if to_be_checked(phase).is_empty() => Vec::new(),
        (Check::Passed, _) => works(None),
        (Check::Degraded(reason), _) => works(Some(reason.clone())),
        (Check::Failed(failure), Phase::Ready { .. }) => {
            let failure = Failure { stage: Stage::Ready, ..failure.as_ref().clone() };
            vec![ServiceEvent::Recheck, ServiceEvent::Failed { failure }]
        }
        (Check::Failed(failure), Phase::Failed(before)) if before.blind => {
            vec![ServiceEvent::Retried, ServiceEvent::Failed { failure: failure.as_ref().clone() }]
        }
        (Check::Gone(reason), _) => vec![ServiceEvent::Lost { reason: reason.clone() }],
        // A check that was skipped or gave no result is done on the way.
        (Check::Unknown(_) | Check::Skipped, phase) => to_be_checked(phase),
        (Check::Failed(_), _) => Vec::new(),
    }
}

fn loss(run: &Run, position: usize, instance: &ObservedInstance) -> Option<ServiceEvent> {
    let record = run.record(position);
    let has_machine =
        !record.phase.is_going() && !matches!(record.phase, Phase::Pending | Phase::Launching(_) | Phase::Lost(_));
    // An instance that was never seen may only appear late.
    if *instance == ObservedInstance::Absent && record.address.is_none() {
        return None;
    }
    let reason = instance.loss(record.instance_id().unwrap_or_default())?;
    has_machine.then_some(ServiceEvent::Lost { reason })
}

/// Records which machines are gone, so that no terminate program runs for them or for the services on them.
pub(super) fn record_losses(course: &mut Projection, seen: &[ObservedInstance]) -> Result<(), IllegalEvent> {
    for position in 0..course.run.records().len() {
        let owner = course.run.owner_of(position);
        let Some(instance) = seen.get(owner).filter(|instance| instance.is_gone()) else { continue };
        let change = match &course.run.record(position).phase {
            Phase::Terminating(farewell) if !farewell.program_ended => {
                Some(ServiceEvent::TerminateProgramEnded { failure: None })
            }
            Phase::Terminating(_) => None,
            phase if owner != position => {
                let name = &course.run.service(owner).name;
                let reason = format!("the machine of {name}, on which it runs, is gone");
                phase.next(&ServiceEvent::Lost { reason: reason.clone() }, 0).map(|_| ServiceEvent::Lost { reason })
            }
            _ => loss(&course.run, position, instance),
        };
        if let Some(change) = change {
            course.change(position, change)?;
        }
    }
    Ok(())
}

/// Has services checked again in the levels after the first one that is not ready, once that is up: working ones may be
/// broken then, and failed ones may have failed only for lack of an earlier level.
pub(super) fn check_what_comes_after(course: &mut Projection, seen: &[Observation]) -> Result<(), IllegalEvent> {
    if seen.is_empty() {
        return Ok(());
    }
    let is_ready = |position: usize| matches!(course.run.record(position).phase, Phase::Ready { .. });
    let Some(first) = course.run.levels().iter().find(|level| !(*level).clone().all(is_ready)) else { return Ok(()) };
    let after = first.end..course.run.records().len();
    let ready: Vec<usize> = after.clone().filter(|&position| is_ready(position)).collect();
    ready.into_iter().try_for_each(|position| course.change(position, ServiceEvent::Recheck))?;
    let names: Vec<String> = after.map(|position| course.run.service(position).name.clone()).collect();
    check_the_ill(course, names.iter().map(String::as_str))
}

/// Has services whose check failed checked again in the new plan's levels after the first one in which a service does
/// not work or goes. Working services of those levels need no event here: as the goal does not list them as settled,
/// they are checked again anyway.
pub(super) fn check_the_ill_after(
    course: &mut Projection,
    plan: &Plan,
    condemned: &[String],
    seen: &[Observation],
) -> Result<(), IllegalEvent> {
    if seen.is_empty() {
        return Ok(());
    }
    let condemned = &condemned.iter().map(String::as_str).collect();
    let undisturbed = undisturbed(&course.run, plan, condemned);
    let after = plan.services().filter(|(level, _)| *level > undisturbed).map(|(_, service)| service.name.as_str());
    check_the_ill(course, after.filter(|name| !condemned.contains(name)))
}

fn check_the_ill<'a>(course: &mut Projection, services: impl Iterator<Item = &'a str>) -> Result<(), IllegalEvent> {
    for position in services.filter_map(|service| course.run.position(service)).collect::<Vec<_>>() {
        if course.run.record(position).phase.failed_its_check() {
            course.change(position, ServiceEvent::Retried)?;
        }
    }
    Ok(())
}

/// Returns the services that work under the new plan, and that no earlier level can have disturbed.
pub(super) fn settled(run: &Run, plan: &Plan, condemned: &[String], seen: &[Observation]) -> Vec<String> {
    if seen.is_empty() {
        return Vec::new();
    }
    let condemned = &condemned.iter().map(String::as_str).collect();
    let undisturbed = undisturbed(run, plan, condemned);
    let stay = plan.services().filter(|(level, service)| *level <= undisturbed && stays(run, condemned, &service.name));
    stay.map(|(_, service)| service.name.clone()).collect()
}

/// Returns the index of the new plan's first level in which a service does not work or goes: later levels depend on it.
fn undisturbed(run: &Run, plan: &Plan, condemned: &BTreeSet<&str>) -> usize {
    let first = plan.services().find(|(_, service)| !stays(run, condemned, &service.name));
    first.map_or(usize::MAX, |(level, _)| level)
}

/// Whether the service works and stays.
fn stays(run: &Run, condemned: &BTreeSet<&str>, name: &str) -> bool {
    let position = run.position(name).filter(|_| !condemned.contains(name));
    position.is_some_and(|position| matches!(run.record(position).phase, Phase::Ready { .. }))
}
