//! Errors of compatible clouds for actions that they lack.

use crate::cloud::aws::api::{AwsSession, CallError, CallFailure, ErrorClass};

/// Returns whether a compatible cloud means with this error that it does not know the action. OpenStack's ec2-api
/// reports an invalid request, others a wrong address; AWS knows all actions.
pub(super) fn is_unknown_action(session: &AwsSession, problem: &CallError) -> bool {
    let is_refusal = matches!(&problem.fault, CallFailure::Status(400 | 404 | 405 | 501))
        || matches!(problem.class(), ErrorClass::Unsupported | ErrorClass::BadValue);
    session.is_compatible() && is_refusal
}
