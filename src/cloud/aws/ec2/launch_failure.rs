//! Meaning of failed launches: lack of capacity is an answer, everything else an error.

use super::launch_spec::who;
use super::quota;
use crate::cloud::aws::api::{CallError, ErrorClass, ErrorContext};
use crate::provider::{CapacityError, CloudError, CloudErrorKind, LaunchRequest, Launched, Offer};

/// Converts the failure of a launch: lack of capacity is an answer, everything else an error.
pub(super) fn not_launched(
    scene: &ErrorContext,
    request: &LaunchRequest,
    problem: &CallError,
) -> Result<Launched, CloudError> {
    if is_capacity_error(problem) {
        let refusals = request.offers.iter().map(|offer| refusal(scene, offer, problem)).collect();
        return Ok(Launched { instances: Vec::new(), refusals });
    }
    // The message names no services, so that the same error of many services reads the same.
    Err(problem.explain(scene, "launch"))
}

/// Returns the refusal of an offer without capacity, with the reason.
pub(super) fn refusal(scene: &ErrorContext, offer: &Offer, problem: &CallError) -> CapacityError {
    let mut reason = problem.reason(scene);
    if problem.class() == ErrorClass::Quota
        && let Some(quota) = quota::of(offer)
    {
        reason.push_str(&format!("; the quota is {quota} in Service Quotas"));
    }
    if problem.class() == ErrorClass::NoSpotRole
        && let Some(hint) = problem.explain(scene, "launch").hint
    {
        reason.push_str(&format!("; {hint}"));
    }
    CapacityError { offer: offer.clone(), reason }
}

/// Returns the error that the instances of an earlier launch are gone.
pub(super) fn gone(request: &LaunchRequest) -> CloudError {
    let message = format!("what was launched for {} before is gone", who(request));
    CloudError::new(CloudErrorKind::TokenUsed, message).hint("`hoist plan repair` launches anew")
}

/// Returns whether another offer may have capacity.
pub(super) fn is_capacity_error(problem: &CallError) -> bool {
    matches!(problem.class(), ErrorClass::NoCapacity | ErrorClass::Quota | ErrorClass::NoSpotRole)
}
