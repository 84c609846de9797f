//! The life of one worker, from a fleet's journal.

use jiff::Timestamp;

use super::asked_worker::{AskedWorker, Whose};
use super::sentences::{because, launch_answer, reason_sentence};
use crate::elastic::engine::{MachineId, Money};
use crate::report::time::{age, duration, local};
use crate::report::{Style, printable};
use crate::scaler::{FleetEvent, LaunchIntent, NewWorker, Worker, WorkerPhase};

/// A step in a worker's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeStep {
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub sentence: String,
}

/// Tells a worker's life by the lines of its fleet's journal that concern it, in order. Renewals of its lease are put
/// together into one step.
pub fn machine_life(worker: &Worker, journal: &[(Timestamp, FleetEvent)]) -> Vec<LifeStep> {
    let mut steps: Vec<LifeStep> = Vec::new();
    let mut renewals: Option<(usize, u64)> = None;
    let mut end_intended = false;
    for (at, event) in journal {
        if let FleetEvent::Renewed { machines, until } = event {
            if machines.contains(&worker.id) {
                let (position, times) = renewals.unwrap_or((steps.len(), 0));
                let sentence = match times {
                    0 => format!("its lease was prolonged until {}", local(*until)),
                    times => format!("its lease was prolonged {} times, at last until {}", times + 1, local(*until)),
                };
                let step = LifeStep { at: *at, sentence };
                match steps.get_mut(position) {
                    Some(earlier) => *earlier = step,
                    None => steps.push(step),
                }
                renewals = Some((position, times + 1));
            }
            continue;
        }
        end_intended |=
            matches!(event, FleetEvent::TerminationIntended { machines, .. } if machines.contains(&worker.id));
        if let Some(sentence) = step(worker, event, *at, end_intended) {
            renewals = None;
            steps.push(LifeStep { at: *at, sentence });
        }
    }
    steps
}

fn step(worker: &Worker, event: &FleetEvent, at: Timestamp, end_intended: bool) -> Option<String> {
    let is_in = |machines: &[MachineId]| machines.contains(&worker.id);
    let lived = || duration(age(worker.launched_at, at));
    Some(match event {
        FleetEvent::LaunchIntended { intent } if intent.token == worker.token => asked_for(worker.price, intent),
        FleetEvent::Launched { workers, refusals, .. } if workers.iter().any(|new| new.id == worker.id) => {
            let after = refusals.iter().map(|refusal| format!("; no capacity for {}", refusal.offer));
            format!("the cloud launched it as {}{}", worker.id, after.collect::<String>())
        }
        FleetEvent::Adopted { worker: NewWorker { id, .. }, .. } if *id == worker.id => {
            "found by its tags: the answer to its launch had been lost".to_owned()
        }
        FleetEvent::Joined { machines } if is_in(machines) => format!("joined the pool, {} after its launch", lived()),
        FleetEvent::CameUp { machines } if is_in(machines) => format!("came up, {} after its launch", lived()),
        FleetEvent::DrainIntended { machines, unclaimed_only, reason, .. } if is_in(machines) => format!(
            "to accept no more work{}, {}",
            if *unclaimed_only { " if without a claim" } else { "" },
            because(reason.as_ref(), "a person asked for it (`hoist elastic drain`)")
        ),
        FleetEvent::DrainConfirmed { machines, leases_end } if is_in(machines) => match leases_end {
            None => "the pool sends it no more work".to_owned(),
            Some(end) => format!("its lease was ended: it has until {} to leave", local(*end)),
        },
        FleetEvent::DrainUndone { machines } if is_in(machines) => {
            "drained no more, and not by the scaler; it is drained again".to_owned()
        }
        FleetEvent::Resumed { machines } if is_in(machines) => "the pool sends it work again".to_owned(),
        FleetEvent::DrainRefused { machines, error } if is_in(machines) => format!("not drained: {error}"),
        FleetEvent::DrainCancelled { machines, reason } if is_in(machines) => {
            format!("to accept work again, {}", because(reason.as_ref(), "a person asked for it"))
        }
        FleetEvent::TerminationIntended { machines, reason } if is_in(machines) => {
            format!("to be ended, {}", because(reason.as_ref(), "a person asked for it or the fleet ends"))
        }
        FleetEvent::TerminationAccepted { machines } if is_in(machines) => "the cloud accepted its end".to_owned(),
        FleetEvent::TerminationRefused { machines, error } if is_in(machines) => {
            format!("the cloud refused to end it: {error}")
        }
        FleetEvent::Gone { machines } if is_in(machines) && end_intended => format!("gone; it lived {}", lived()),
        FleetEvent::Gone { machines } if is_in(machines) => format!(
            "gone by itself after {}: it was without work for long, its lease ended, the cloud took it back, or \
             someone else ended it",
            lived()
        ),
        FleetEvent::Ended { kept } if is_in(kept) => {
            format!("the fleet ended and left it; it ends with its lease, {}", local(worker.expires_at))
        }
        _ => return None,
    })
}

/// Tells what became of the launch that asked for a worker, by the lines of its fleet's journal.
pub fn launch_life(asked: &AskedWorker, journal: &[(Timestamp, FleetEvent)]) -> Vec<LifeStep> {
    let step = |(at, event): &(Timestamp, FleetEvent)| {
        let sentence = match event {
            FleetEvent::LaunchIntended { intent } if intent.token == asked.intent.token => {
                asked_for(asked.intent.price, intent)
            }
            FleetEvent::Launched { token, workers, refusals, error } if *token == asked.intent.token => {
                launch_answer(workers, refusals, error.as_deref())
            }
            _ => return None,
        };
        Some(LifeStep { at: *at, sentence })
    };
    journal.iter().filter_map(step).collect()
}

/// Says with what and why a worker of this price was asked for.
fn asked_for(price: Option<Money>, intent: &LaunchIntent) -> String {
    let with = match intent.names.len() {
        0 | 1 => String::new(),
        several => format!(" with {} more", several - 1),
    };
    let price = price.map(|price| format!(", ${price} an hour")).unwrap_or_default();
    format!("asked for{with} ({}{price}), because {}", intent.kind, reason_sentence(&intent.reason))
}

/// Renders the life of a worker, or of a name that no machine has got.
pub fn machine_human(whose: &Whose, steps: &[LifeStep], now: Timestamp, style: Style) -> String {
    let worker = match whose {
        Whose::Worker(worker) => worker,
        Whose::Name(asked) => {
            let became =
                if asked.is_open { "was asked for; the cloud's answer is to come" } else { "was not launched" };
            let title = format!("{} of kind {} {became}\n", style.bold(&asked.name), asked.intent.kind);
            return title + &steps_human(steps, style);
        }
    };
    let phase = phase_word(worker.phase);
    let mut text = format!(
        "{} {} of kind {} is {} since {}\n",
        style.bold(&worker.name),
        worker.id,
        worker.kind,
        style.bold(phase),
        local(worker.phase_since)
    );
    text.push_str(&steps_human(steps, style));
    if worker.phase != WorkerPhase::Gone {
        let lease = if worker.expires_at > now {
            format!("its lease ends at {}, in {}", local(worker.expires_at), duration(age(now, worker.expires_at)))
        } else {
            format!("its lease ended at {}", local(worker.expires_at))
        };
        text.push_str(&format!("  {lease}\n"));
    }
    text
}

fn steps_human(steps: &[LifeStep], style: Style) -> String {
    let line = |step: &LifeStep| format!("  {}  {}\n", style.dim(local(step.at)), printable(&step.sentence));
    steps.iter().map(line).collect()
}

/// Returns a phase as a word.
pub(in crate::report) fn phase_word(phase: WorkerPhase) -> &'static str {
    match phase {
        WorkerPhase::Starting => "starting",
        WorkerPhase::Serving => "serving",
        WorkerPhase::Draining => "draining",
        WorkerPhase::Ending => "ending",
        WorkerPhase::Terminating => "terminating",
        WorkerPhase::Gone => "gone",
    }
}
