//! Instances kept by a tear-down because a terminate program failed.

use crate::engine::{DriveResult, Failure, Phase, Run};

/// Returns the services whose instances are kept because their terminate programs failed.
pub(super) fn kept(run: &Run, halt: DriveResult) -> impl Iterator<Item = (&str, &Failure)> {
    let held = move |position: usize| match &run.record(position).phase {
        Phase::Terminating(farewell) if halt == DriveResult::LeftoversRemain && farewell.failure.is_none() => {
            Some((run.service(position).name.as_str(), farewell.program_failure.as_ref()?))
        }
        _ => None,
    };
    (0..run.records().len()).filter_map(held)
}

/// Returns the services left untouched because instances of later levels are kept.
pub(super) fn kept_below(run: &Run, halt: DriveResult) -> impl Iterator<Item = &str> {
    let any = kept(run, halt).next().is_some();
    let stays = move |position: &usize| any && !run.record(*position).phase.is_going();
    (0..run.records().len()).filter(stays).map(|position| run.service(position).name.as_str())
}
