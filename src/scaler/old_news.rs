//! Nothing grows or shrinks on an answer that is old or missing, whichever engine decides.

use crate::batch::WorkReading;
use crate::elastic::engine::{Decision, Drain, Launch, Limit, Note, Reading, Reason, Termination};

/// Drops decisions that follow from the waiting work while the source does not tell it, and says so. Others stay:
/// the minimum and the replacement of machines that failed need the cloud alone.
pub(super) fn hold_old_news(decisions: &mut Vec<Decision>, work: &WorkReading, notes: &mut Vec<Note>) {
    let Some(by) = silence("demand", &work.demand).or_else(|| silence("groups", &work.groups)) else { return };
    let before = decisions.len();
    decisions.retain(|decision| match decision {
        Decision::Launch(Launch { reason, .. })
        | Decision::Terminate(Termination { reason, .. })
        | Decision::Drain(Drain { reason, .. }) => !follows_work(reason),
        Decision::CancelDrain(_) => true,
    });
    let held = Note::Held { by };
    if decisions.len() < before && !notes.contains(&held) {
        notes.push(held);
    }
}

/// Whether a reason rests on the work that waits, or may do so.
fn follows_work(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Queue { .. }
            | Reason::HighWater { .. }
            | Reason::LowWater { .. }
            | Reason::WaitingJobs { .. }
            | Reason::WorkerIdle { .. }
            | Reason::Jobs { .. }
            | Reason::MinIdle { .. }
            | Reason::Program { .. }
    )
}

fn silence<T>(source: &str, reading: &Reading<T>) -> Option<Limit> {
    let source = source.to_owned();
    match reading {
        Reading::Stale { age, .. } => Some(Limit::StaleReading { source, age: *age, allowed: 0 }),
        Reading::Failed { .. } => Some(Limit::FailedReading { source }),
        Reading::Fresh { .. } | Reading::Unread => None,
    }
}
