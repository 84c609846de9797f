use super::reason_sentence::reason_sentence;
use super::words::some;
use crate::diagnostics::counted;
use crate::elastic::engine::{DrainOwner, MachineId, Reason};
use crate::provider::CapacityError;
use crate::report::time::local;
use crate::scaler::{FleetEvent, NewWorker};

/// Says what a line of a fleet's journal recorded.
pub fn event_sentence(event: &FleetEvent) -> String {
    match event {
        FleetEvent::Configured { path, .. } => format!("{} was taken in", path.display()),
        FleetEvent::Overridden { overrides } => {
            let mut parts: Vec<String> = Vec::new();
            parts.extend(overrides.min.map(|min| format!("min {min}")));
            parts.extend(overrides.max.map(|max| format!("max {max}")));
            parts.extend(overrides.count.map(|count| format!("count {count}")));
            parts.extend(overrides.engine.as_ref().map(|engine| format!("engine {engine}")));
            parts.extend(overrides.paused.then(|| "paused".to_owned()));
            match parts.as_slice() {
                [] => "the fleet file holds alone from here on (`hoist elastic set`)".to_owned(),
                parts => format!("laid over the fleet file (`hoist elastic set`): {}", parts.join(", ")),
            }
        }
        FleetEvent::LaunchIntended { intent } => format!(
            "{} of kind {} asked for ({}), because {}",
            counted(intent.names.len() as u64, "worker"),
            intent.kind,
            some(&intent.names),
            reason_sentence(&intent.reason)
        ),
        FleetEvent::Launched { workers, refusals, error, .. } => launch_answer(workers, refusals, error.as_deref()),
        FleetEvent::Adopted { worker: NewWorker { id, .. }, .. } => {
            format!("{id} was found by its tags: the answer to its launch had been lost")
        }
        FleetEvent::Joined { machines } => format!("joined the pool: {}", some(machines)),
        FleetEvent::CameUp { machines } => format!("came up: {}", some(machines)),
        FleetEvent::DrainIntended { machines, by, unclaimed_only, reason } => format!(
            "to accept no more work{}: {}, {}",
            if *unclaimed_only { " if without a claim" } else { "" },
            some(machines),
            match by {
                DrainOwner::Scaler => because(reason.as_ref(), "the scaler found no use for it"),
                DrainOwner::Person => because(reason.as_ref(), "a person asked for it (`hoist elastic drain`)"),
            }
        ),
        FleetEvent::DrainConfirmed { machines, leases_end: None } => {
            format!("the pool sends no more work to {}", some(machines))
        }
        FleetEvent::DrainConfirmed { machines, leases_end: Some(end) } => {
            format!("leases ended, with time to leave until {}: {}", local(*end), some(machines))
        }
        FleetEvent::DrainUndone { machines } => {
            format!("drained no more, and not by the scaler: {}; they are drained again", some(machines))
        }
        FleetEvent::Resumed { machines } => format!("the pool sends work again to {}", some(machines)),
        FleetEvent::DrainRefused { machines, error } => format!("not drained: {}; {error}", some(machines)),
        FleetEvent::DrainCancelled { machines, reason } => {
            format!("to accept work again: {}, {}", some(machines), because(reason.as_ref(), "a person asked for it"))
        }
        FleetEvent::TerminationIntended { machines, reason } => {
            let else_ = "a person asked for it or the fleet ends";
            format!("to be ended: {}, {}", some(machines), because(reason.as_ref(), else_))
        }
        FleetEvent::TerminationAccepted { machines } => format!("the cloud accepted the end of {}", some(machines)),
        FleetEvent::TerminationRefused { machines, error } => {
            format!("the cloud refused to end {}: {error}", some(machines))
        }
        FleetEvent::Gone { machines } => format!("gone: {}", some(machines)),
        FleetEvent::Renewed { machines, until } => {
            format!("leases prolonged until {}: {}", local(*until), some(machines))
        }
        FleetEvent::StopIntended { keep_workers: true, .. } => {
            "to end; its workers stay until their leases end".to_owned()
        }
        FleetEvent::StopIntended { now: true, .. } => "to end, with all its workers and their jobs at once".to_owned(),
        FleetEvent::StopIntended { .. } => "to end, with all its workers".to_owned(),
        FleetEvent::Ended { kept } => match kept.as_slice() {
            [] => "ended; every worker is proved gone".to_owned(),
            kept => format!("ended; these stay until their leases end: {}", some(kept)),
        },
    }
}

/// Says what the cloud answered to a launch.
pub(in crate::report::elastic) fn launch_answer(
    workers: &[NewWorker],
    refusals: &[CapacityError],
    error: Option<&str>,
) -> String {
    let ids: Vec<&MachineId> = workers.iter().map(|worker| &worker.id).collect();
    let mut text = match ids.as_slice() {
        [] => "the cloud launched nothing".to_owned(),
        ids => format!("launched: {}", some(ids)),
    };
    for refusal in refusals {
        text.push_str(&format!("; no capacity for {}: {}", refusal.offer, refusal.reason));
    }
    if let Some(error) = error {
        text.push_str(&format!("; {error}"));
    }
    text
}

/// Returns `because …`, or another cause where there is no reason of an engine.
pub(in crate::report::elastic) fn because(reason: Option<&Reason>, otherwise: &str) -> String {
    match reason {
        Some(reason) => format!("because {}", reason_sentence(reason)),
        None => format!("because {otherwise}"),
    }
}
