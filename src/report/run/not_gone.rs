//! What is to be said of a tear-down that did not remove everything.

use crate::engine::{Phase, Remain, Run};

/// Whether it is not gone or only not proved to be, and what is true of all that is listed then.
pub(super) fn verdict(run: &Run, others: &[Remain]) -> (&'static str, &'static str) {
    if is_only_unproved(run, others) {
        ("is not proved gone", "no machine is left, and what is listed here could not be asked")
    } else if is_unasked(run) {
        ("is not gone", "what is listed here is still there, or its cloud could not be asked")
    } else {
        ("is not gone", "what is listed here is still there")
    }
}

/// Whether everything that is known of is gone, and only what nobody could be asked about may be left.
fn is_only_unproved(run: &Run, others: &[Remain]) -> bool {
    let is_gone = |phase: &Phase| matches!(phase, Phase::Terminated { .. });
    run.records().iter().all(|record| is_gone(&record.phase)) && others.iter().all(|other| other.unproved)
}

/// Whether the cloud of something that is not known to be gone did not let us in: then nobody looked.
fn is_unasked(run: &Run) -> bool {
    run.records().iter().any(|record| match &record.phase {
        Phase::Terminating(teardown) => teardown.failure.as_ref().is_some_and(|failure| failure.blind),
        _ => false,
    })
}
