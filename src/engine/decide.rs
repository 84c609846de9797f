//! Decides the next steps of a run: a pure function of its journal.
//!
//! The result is every action that should be under way now. The driver starts those that are not; after a kill, none
//! are, and the same function tells how to go on. So booting and resuming are the same.

use std::collections::HashSet;

use super::action::Action;
use super::event::ServiceEvent;
use super::goal::Goal;
use super::phase::Phase;
use super::run::Run;
use super::stale::is_misled;
use crate::plan::OnFailure;

/// A consequence of the journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Record this event of a service; nothing else is to be done.
    Record(usize, ServiceEvent),
    /// Put the reload's new plan in force.
    ReplacePlan,
    /// Have this action under way.
    Run(Action),
}

/// The state of the whole run, as far as the next step of a service depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Nothing is to be done: the run has ended, or has no goal yet.
    Still,
    /// The run goes up.
    Up {
        /// Whether instances are launched with their level.
        by_level: bool,
        /// The index of the first level that is not ready.
        active: usize,
        /// Whether every machine of that level has its address or never will, so that all values known at launch are
        /// known.
        settled: bool,
        /// Whether a service may not be replaced any more: then nothing further is begun.
        stuck: bool,
        /// Whether boot programs run again when their values have changed.
        dependents: bool,
    },
    /// Some or all of the run goes down.
    Down,
}

impl Outlook {
    pub(super) fn of(run: &Run) -> Self {
        match &run.goal {
            _ if run.ended => Self::Still,
            None => Self::Still,
            Some(Goal::Down { .. } | Goal::Reload { .. }) => Self::Down,
            Some(Goal::Up { by_level, dependents, .. }) => {
                let tally = run.tally();
                let active = tally.active_level();
                Self::Up {
                    by_level: *by_level,
                    active,
                    settled: tally.is_settled(active),
                    stuck: tally.beyond_repair > 0,
                    dependents: *dependents,
                }
            }
        }
    }

    /// Whether the step of a service depends on any other one, so that all must be decided each time.
    pub(super) fn covers_all(self) -> bool {
        self == Self::Down
    }
}

/// Returns all decisions that follow in this run now.
pub fn decide(run: &Run) -> Vec<Decision> {
    decide_some(run, Outlook::of(run), 0..run.records().len())
}

/// Returns the decisions about the services at `positions` and about the run as a whole; `outlook` is the run's own.
pub(super) fn decide_some(run: &Run, outlook: Outlook, positions: impl IntoIterator<Item = usize>) -> Vec<Decision> {
    match (&run.goal, outlook) {
        (_, Outlook::Up { .. }) => {
            let looks = run.tally().clouds_to_look_at().map(|cloud| Decision::Run(Action::Observe(cloud.to_owned())));
            positions.into_iter().filter_map(|position| boot_step(run, outlook, position)).chain(looks).collect()
        }
        (Some(Goal::Down { force }), Outlook::Down) => {
            let is_kept = |position| !force && keeps_its_machine(run, position);
            terminate_steps(run, |_| true, is_kept).unwrap_or_else(|| vec![Decision::Run(Action::ProveGone)])
        }
        (Some(Goal::Reload { condemned, .. }), Outlook::Down) => {
            let condemned: HashSet<usize> = condemned.iter().filter_map(|name| run.position(name)).collect();
            let chosen = |position| condemned.contains(&position);
            terminate_steps(run, chosen, |_| false).unwrap_or_else(|| vec![Decision::ReplacePlan])
        }
        _ => Vec::new(),
    }
}

/// Returns a service's step on the way up: finish the first level that is not ready, and launch ahead where possible.
fn boot_step(run: &Run, outlook: Outlook, position: usize) -> Option<Decision> {
    let Outlook::Up { by_level, active, settled, stuck, dependents } = outlook else { return None };
    let record = run.record(position);
    let number = run.level_of(position);
    match &record.phase {
        _ if number == active && settled && run.is_due(position) => {
            Some(Decision::Record(position, ServiceEvent::Reconfigured))
        }
        phase if !stuck && depends_on_terminating_host(run, position, phase) => {
            Some(Decision::Record(position, ServiceEvent::TerminateStarted { again: true }))
        }
        // The check may have failed for lack of values that are still to come, or that came since.
        phase if phase.failed_its_check() && !stuck && (number > active || is_misled(run, position)) => None,
        Phase::Booted if dependents && !stuck && (number > active || !settled) => None,
        phase if !stuck && phase.is_broken() => {
            Some(Decision::Record(position, ServiceEvent::TerminateStarted { again: true }))
        }
        Phase::Terminating(_) => remove_one(run, position),
        Phase::Terminated { .. } if !stuck => Some(Decision::Record(position, ServiceEvent::Reset)),
        phase if number == active => boot_step_of(run, position, phase, settled),
        phase if number > active => prelaunch_step(run, position, phase, active, by_level || stuck),
        _ => None,
    }
}

/// Whether the service runs on another service's machine that is being replaced: then it must be raised anew on the new
/// one.
fn depends_on_terminating_host(run: &Run, position: usize, phase: &Phase) -> bool {
    let host = run.owner_of(position);
    host != position && run.record(host).phase.is_going() && !phase.is_going() && !matches!(phase, Phase::Pending)
}

/// Returns the next step of a service in the level that is being raised.
fn boot_step_of(run: &Run, position: usize, phase: &Phase, settled: bool) -> Option<Decision> {
    let service = run.service(position);
    match phase {
        Phase::Pending if service.launch.is_some() => Some(Decision::Run(Action::Launch(position))),
        Phase::Pending => Some(Decision::Run(Action::Reach(position))),
        Phase::Launching(_) => Some(Decision::Run(Action::Launch(position))),
        Phase::Launched => reach_once_addressed(run, position),
        Phase::Reachable if !settled => None,
        Phase::Reachable if service.programs.boot.is_none() => {
            Some(Decision::Record(position, ServiceEvent::Booted { output: Default::default() }))
        }
        Phase::Reachable | Phase::Booting(_) => Some(Decision::Run(Action::Boot(position))),
        Phase::Booted if service.programs.ready.is_none() => {
            Some(Decision::Record(position, ServiceEvent::Ready { degraded: None }))
        }
        Phase::Booted | Phase::Checking(_) => Some(Decision::Run(Action::Check(position))),
        _ => None,
    }
}

/// Returns the next step of a service in a later level: only its machine, if everything that it depends on is ready.
fn prelaunch_step(run: &Run, position: usize, phase: &Phase, active: usize, hold: bool) -> Option<Decision> {
    let service = run.service(position);
    match phase {
        Phase::Pending if !hold && service.launch.is_some() && run.launch_after(position) <= active => {
            Some(Decision::Run(Action::Launch(position)))
        }
        Phase::Launching(_) => Some(Decision::Run(Action::Launch(position))),
        Phase::Launched => reach_once_addressed(run, position),
        _ => None,
    }
}

/// Instances without an address wait: one poll of their cloud is decided for the run as a whole.
fn reach_once_addressed(run: &Run, position: usize) -> Option<Decision> {
    let record = run.record(position);
    let waits = record.address.is_none() && record.instance.is_some();
    (!waits).then_some(Decision::Run(Action::Reach(position)))
}

/// Whether the service's terminate program failed in a way that keeps its machine, unless forced.
pub(super) fn keeps_its_machine(run: &Run, position: usize) -> bool {
    let Phase::Terminating(farewell) = &run.record(position).phase else { return false };
    let program = run.service(position).programs.terminate.as_ref();
    farewell.program_failure.is_some() && program.is_some_and(|program| program.on_failure == OnFailure::Keep)
}

/// Returns the steps down for the chosen services, highest level first; `None` when all of them are gone. A kept
/// service keeps the levels below it, which it may need.
///
/// A machine whose end the cloud has accepted goes by itself: the level below does not wait for that, unless it runs a
/// terminate program, which may count on the levels above being gone.
fn terminate_steps(
    run: &Run,
    chosen: impl Fn(usize) -> bool,
    is_kept: impl Fn(usize) -> bool,
) -> Option<Vec<Decision>> {
    let mut all_gone = true;
    // Whether machines of the levels above are still on their way out.
    let mut still_going = false;
    let mut actions = Vec::new();
    for level in run.levels().iter().rev() {
        let mut level_done = true;
        if still_going && level.clone().any(|position| chosen(position) && says_farewell(run, position)) {
            all_gone = false;
            break;
        }
        for position in level.clone().filter(|&position| chosen(position)) {
            match &run.record(position).phase {
                Phase::Terminated { .. } => continue,
                // A service without an instance may have begun to use its host before that was recorded.
                Phase::Pending if run.service(position).launch.is_some() => {
                    actions.push(Decision::Record(position, ServiceEvent::Terminated));
                }
                Phase::Terminating(_) if is_kept(position) => {}
                Phase::Terminating(farewell) => {
                    actions.extend(remove_one(run, position));
                    // A machine that could not be removed must not keep the levels below alive: they cost money, too.
                    level_done &= farewell.failure.is_some() || farewell.accepted;
                    still_going |= farewell.failure.is_none() && farewell.accepted;
                    all_gone = false;
                    continue;
                }
                _ => actions.push(Decision::Record(position, ServiceEvent::TerminateStarted { again: false })),
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

/// Whether the service's terminate program is still to run: only if the boot program, which it undoes, was begun.
fn says_farewell(run: &Run, position: usize) -> bool {
    let record = run.record(position);
    run.service(position).programs.terminate.is_some() && record.phase.had_host() && record.boot_begun
}

/// Returns the next step of a tear-down: first the terminate program, then the machine; none while the last failure
/// stands.
fn remove_one(run: &Run, position: usize) -> Option<Decision> {
    let Phase::Terminating(farewell) = &run.record(position).phase else { return None };
    if farewell.failure.is_some() {
        None
    } else if says_farewell(run, position) {
        Some(Decision::Run(Action::RunTerminateProgram(position)))
    } else {
        Some(Decision::Run(Action::Remove(position)))
    }
}
