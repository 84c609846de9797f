//! What a run does next: a pure function of what its journal tells.
//!
//! It gives every action that should be under way now. The driver starts those that are not; after a kill, none are, and
//! the same function says how to go on. So booting and resuming are one thing.

use std::collections::HashSet;
use std::ops::Range;

use super::event::{Change, Goal};
use super::hosts::owner_of;
use super::phase::Phase;
use super::run::Run;

/// What follows from the journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Record this of a service; there is nothing to do but that.
    Note(usize, Change),
    /// Take the reload's new plan.
    ReplacePlan,
    /// Have this under way.
    Do(Action),
}

/// Something to do. Services are named by their position in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ask a cloud for the service's machine; the driver joins equal ones to one call.
    Launch(usize),
    /// Look at the machines of this cloud that have no address yet, named as in the plan.
    Observe(String),
    /// Wait until the service's host answers.
    Reach(usize),
    /// Run the boot program.
    Boot(usize),
    /// Run the ready program.
    Check(usize),
    /// Run the terminate program.
    Farewell(usize),
    /// Remove the service's machine; the driver joins those of one cloud to one call.
    Remove(usize),
    /// Ask the clouds whether anything of the run is left.
    ProveGone,
}

impl Action {
    /// Whether it counts towards the most actions at once. Looks go on for as long as a machine does not come up.
    pub(super) fn is_counted(&self) -> bool {
        !matches!(self, Action::Observe(_) | Action::ProveGone)
    }
}

/// Everything that follows in this run, now.
pub fn decide(run: &Run) -> Vec<Step> {
    if run.ended {
        return Vec::new();
    }
    match &run.goal {
        None => Vec::new(),
        Some(Goal::Up { repairs, by_level }) => raise(run, *repairs, *by_level),
        Some(Goal::Down) => lower(run, |_| true).unwrap_or_else(|| vec![Step::Do(Action::ProveGone)]),
        Some(Goal::Reload { condemned, .. }) => {
            let condemned: HashSet<usize> = condemned.iter().filter_map(|name| run.position(name)).collect();
            lower(run, |position| condemned.contains(&position)).unwrap_or_else(|| vec![Step::ReplacePlan])
        }
    }
}

/// The way up: finish the first level that is not ready, and launch ahead what can be launched.
fn raise(run: &Run, repairs: u32, by_level: bool) -> Vec<Step> {
    let mut actions = Vec::new();
    let is_ready = |position: usize| matches!(run.record(position).phase, Phase::Ready { .. });
    let active = run.levels().iter().position(|level| !level.clone().all(is_ready)).unwrap_or(run.levels().len());
    let beyond_repair = |position: usize| {
        let record = run.record(position);
        record.phase.is_broken() && record.repairs >= repairs
    };
    let stuck = (0..run.records().len()).any(beyond_repair);

    for (number, level) in run.levels().iter().enumerate() {
        let settled = is_settled(run, level);
        for position in level.clone() {
            let record = run.record(position);
            match &record.phase {
                Phase::Failed(_) | Phase::Lost(_) if !stuck && !beyond_repair(position) => {
                    actions.push(Step::Note(position, Change::TerminateStarted { again: true }));
                }
                phase if !stuck && is_guest_of_a_goer(run, position, phase) => {
                    actions.push(Step::Note(position, Change::TerminateStarted { again: true }));
                }
                Phase::Terminating(_) => actions.extend(remove_one(run, position)),
                Phase::Terminated { .. } if !stuck => actions.push(Step::Note(position, Change::Reset)),
                phase if number == active => actions.extend(raise_one(run, position, phase, settled)),
                phase if number > active => {
                    actions.extend(raise_ahead(run, position, phase, active, by_level || stuck))
                }
                _ => {}
            }
        }
    }
    actions
}

/// Whether the service runs on the machine of another one, which is being replaced: then it must be raised anew on the new one.
fn is_guest_of_a_goer(run: &Run, position: usize, phase: &Phase) -> bool {
    let host = owner_of(run, position);
    host != position && run.record(host).phase.is_going() && !phase.is_going() && !matches!(phase, Phase::Pending)
}

/// Whether every machine of the level has its address or never will, so that all that is known at launch is known.
fn is_settled(run: &Run, level: &Range<usize>) -> bool {
    level.clone().all(|position| match run.record(position).phase {
        Phase::Pending => run.service(position).launch.is_none(),
        Phase::Launching(_) => false,
        Phase::Launched => run.record(position).address.is_some(),
        Phase::Terminating(_) | Phase::Terminated { .. } => false,
        _ => true,
    })
}

/// The next step of a service whose level is being raised.
fn raise_one(run: &Run, position: usize, phase: &Phase, settled: bool) -> Option<Step> {
    let service = run.service(position);
    match phase {
        Phase::Pending if service.launch.is_some() => Some(Step::Do(Action::Launch(position))),
        Phase::Pending => Some(Step::Do(Action::Reach(position))),
        Phase::Launching(_) => Some(Step::Do(Action::Launch(position))),
        Phase::Launched => Some(Step::Do(look_or_reach(run, position))),
        Phase::Reachable if !settled => None,
        Phase::Reachable if service.programs.boot.is_none() => {
            Some(Step::Note(position, Change::Booted { output: Default::default() }))
        }
        Phase::Reachable | Phase::Booting(_) => Some(Step::Do(Action::Boot(position))),
        Phase::Booted if service.programs.ready.is_none() => {
            Some(Step::Note(position, Change::Ready { degraded: None }))
        }
        Phase::Booted | Phase::Checking(_) => Some(Step::Do(Action::Check(position))),
        _ => None,
    }
}

/// The next step of a service of a later level: only its machine, if that depends on nothing that is not ready.
fn raise_ahead(run: &Run, position: usize, phase: &Phase, active: usize, hold: bool) -> Option<Step> {
    let service = run.service(position);
    match phase {
        Phase::Pending if !hold && service.launch.is_some() && run.launch_after(position) <= active => {
            Some(Step::Do(Action::Launch(position)))
        }
        Phase::Launching(_) => Some(Step::Do(Action::Launch(position))),
        Phase::Launched => Some(Step::Do(look_or_reach(run, position))),
        _ => None,
    }
}

fn look_or_reach(run: &Run, position: usize) -> Action {
    let record = run.record(position);
    match (&record.address, &record.instance) {
        (None, Some(instance)) => Action::Observe(instance.cloud.clone()),
        _ => Action::Reach(position),
    }
}

/// The way down for the chosen services, highest level first; `None` when all of them are gone.
fn lower(run: &Run, chosen: impl Fn(usize) -> bool) -> Option<Vec<Step>> {
    let mut all_gone = true;
    let mut actions = Vec::new();
    for level in run.levels().iter().rev() {
        let mut level_done = true;
        for position in level.clone().filter(|&position| chosen(position)) {
            match &run.record(position).phase {
                Phase::Terminated { .. } => continue,
                // One without a machine may have begun to use its host before that was recorded.
                Phase::Pending if run.service(position).launch.is_some() => {
                    actions.push(Step::Note(position, Change::Terminated));
                }
                Phase::Terminating(farewell) => {
                    actions.extend(remove_one(run, position));
                    // What could not be removed must not keep the levels below alive: they cost money too.
                    level_done &= farewell.failure.is_some();
                    all_gone = false;
                    continue;
                }
                _ => actions.push(Step::Note(position, Change::TerminateStarted { again: false })),
            }
            level_done = false;
            all_gone = false;
        }
        if !level_done {
            break;
        }
    }
    (!all_gone).then_some(actions)
}

/// The next step of a tear-down: its terminate program, then its machine; nothing while the last failure stands.
fn remove_one(run: &Run, position: usize) -> Option<Step> {
    let Phase::Terminating(farewell) = &run.record(position).phase else { return None };
    if farewell.failure.is_some() {
        None
    } else if farewell.program_ended || run.service(position).programs.terminate.is_none() {
        Some(Step::Do(Action::Remove(position)))
    } else {
        Some(Step::Do(Action::Farewell(position)))
    }
}
