//! Unfinished work of a command on a run, in documents.

use serde::Serialize;

use super::kept::{kept, kept_below};
use super::run_ending::RunEnding;
use super::way_on::insisting;
use crate::engine::{DriveResult, Failure, Run};

/// What a command could not do; what there is nothing of is left out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EndingView<'a> {
    /// What is left, or who could not say; only where a tear-down is not at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    remains: Option<Vec<RemainView>>,
    /// How many workers of the run's fleets were ended, before its machines.
    #[serde(skip_serializing_if = "is_zero")]
    workers_ended: usize,
    /// What could not be done for a reason that is on the operator's side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked: Vec<ServiceFailureView<'a>>,
    /// The terminate programs that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    terminate_failures: Vec<ServiceFailureView<'a>>,
    /// Services that are ready by the record, and whose instance is gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<ServiceReasonView<'a>>,
    /// Services that are ready by the record, and whose cloud could not say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<ServiceReasonView<'a>>,
    /// Services whose hosts were given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    abandoned: Vec<AbandonedView<'a>>,
}

/// Something that is left.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RemainView {
    /// What, for a person.
    what: String,
    /// What to try.
    hint: Option<String>,
    /// True where it is not known to be left: somebody could not say.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unproved: bool,
}

/// A failure of a service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServiceFailureView<'a> {
    /// The service.
    service: &'a str,
    /// What failed.
    failure: &'a Failure,
}

/// What is so of a service, and why.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServiceReasonView<'a> {
    /// The service.
    service: &'a str,
    /// Why.
    reason: &'a str,
}

/// A service whose host was given up.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AbandonedView<'a> {
    /// The service.
    service: &'a str,
    /// The host's address, as far as it was known.
    address: &'a str,
}

impl<'a> EndingView<'a> {
    /// Creates the view of a command's ending.
    pub(super) fn of(run: &'a Run, halt: DriveResult, ending: &'a RunEnding) -> Self {
        let failed = |failures: &'a [(String, Failure)]| {
            failures.iter().map(|(service, failure)| ServiceFailureView { service, failure }).collect()
        };
        let told = |reasons: &'a [(String, String)]| {
            reasons.iter().map(|(service, reason)| ServiceReasonView { service, reason }).collect()
        };
        let abandoned = run.records().iter().enumerate().filter_map(|(position, record)| {
            Some(AbandonedView { service: &run.service(position).name, address: record.abandoned.as_deref()? })
        });
        Self {
            remains: (halt == DriveResult::LeftoversRemain).then(|| remains(run, halt, ending)),
            workers_ended: ending.workers,
            blocked: failed(&ending.blocked),
            terminate_failures: failed(&ending.farewells),
            gone: told(&ending.gone),
            unknown: told(&ending.unknown),
            abandoned: abandoned.collect(),
        }
    }
}

/// Lists kept instances and other remains.
fn remains(run: &Run, halt: DriveResult, ending: &RunEnding) -> Vec<RemainView> {
    let held = |what| RemainView { what, hint: Some(insisting(run)), unproved: false };
    let of_services = kept(run, halt)
        .map(|(service, failure)| held(format!("{service}: its terminate program failed: {}", failure.reason)));
    let below =
        kept_below(run, halt).map(|service| held(format!("{service}: kept, since what was raised after it is")));
    let others = ending.remains.iter().map(|other| RemainView {
        what: other.what.clone(),
        hint: other.hint.clone(),
        unproved: other.unproved,
    });
    of_services.chain(below).chain(others).collect()
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
