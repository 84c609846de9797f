//! Messages about an incomplete tear-down.

use crate::engine::{Phase, Remain, Run};

/// Returns whether the run is still there or only not proved gone, and the remark that applies to all listed remains.
pub(super) fn verdict(run: &Run, others: &[Remain]) -> (&'static str, &'static str) {
    if is_only_unproved(run, others) {
        ("is not proved gone", "no machine is left, and what is listed here could not be asked")
    } else if is_unasked(run) {
        ("is not gone", "what is listed here is still there, or its cloud could not be asked")
    } else {
        ("is not gone", "what is listed here is still there")
    }
}

/// Returns whether all known resources are gone, and only resources that could not be asked about may be left.
fn is_only_unproved(run: &Run, others: &[Remain]) -> bool {
    let is_gone = |phase: &Phase| matches!(phase, Phase::Terminated { .. });
    run.records().iter().all(|record| is_gone(&record.phase)) && others.iter().all(|other| other.unproved)
}

/// Returns whether a cloud denied access to a resource not known to be gone, so that nobody looked.
fn is_unasked(run: &Run) -> bool {
    run.records().iter().any(|record| match &record.phase {
        Phase::Terminating(teardown) => teardown.failure.as_ref().is_some_and(|failure| failure.blind),
        _ => false,
    })
}
