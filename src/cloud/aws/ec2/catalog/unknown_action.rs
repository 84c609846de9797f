//! What compatible clouds say of actions that they lack.

use crate::cloud::aws::api::{AwsSession, CallError, CallFailure, ErrorClass};

/// Whether this is how a compatible cloud says that it does not know an action. OpenStack's ec2-api calls it an
/// invalid request, others a wrong address; AWS knows them all.
pub(super) fn is_unknown_action(session: &AwsSession, problem: &CallError) -> bool {
    let is_refusal = matches!(&problem.fault, CallFailure::Status(400 | 404 | 405 | 501))
        || matches!(problem.class(), ErrorClass::Unsupported | ErrorClass::BadValue);
    session.is_compatible() && is_refusal
}
