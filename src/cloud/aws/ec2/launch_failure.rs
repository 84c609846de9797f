//! What the failure of a launch means: no room for an offer is an answer, everything else an error.

use super::launch_spec::who;
use super::quota;
use crate::cloud::aws::api::{CallError, ErrorClass, ErrorContext};
use crate::provider::{CapacityError, CloudError, CloudErrorKind, LaunchRequest, Launched, Offer};

/// What a failed launch means: no capacity is an answer, everything else an error.
pub(super) fn not_launched(
    scene: &ErrorContext,
    request: &LaunchRequest,
    problem: &CallError,
) -> Result<Launched, CloudError> {
    if is_capacity_error(problem) {
        let refusals = request.offers.iter().map(|offer| refusal(scene, offer, problem)).collect();
        return Ok(Launched { instances: Vec::new(), refusals });
    }
    // Whom it concerns is said with it: the same of many services must read the same.
    Err(problem.explain(scene, "launch"))
}

/// An offer that had no room, and why.
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

/// What was launched before, and is no more.
pub(super) fn gone(request: &LaunchRequest) -> CloudError {
    let message = format!("what was launched for {} before is gone", who(request));
    CloudError::new(CloudErrorKind::TokenUsed, message).hint("`hoist plan repair` launches anew")
}

/// Whether another offer may have room.
pub(super) fn is_capacity_error(problem: &CallError) -> bool {
    matches!(problem.class(), ErrorClass::NoCapacity | ErrorClass::Quota | ErrorClass::NoSpotRole)
}
