//! Refusals of AWS's, with a hint at what annexes need.

use crate::cloud::aws::api::NOT_ALLOWED;
use crate::provider::CloudError;

/// What prints everything that a set-up needs.
pub(super) const ADMIN: &str = "`hoist annex policy --for admin` prints all that the set-up needs";

/// The same error; one of a missing permission says where all that users need is listed.
pub(super) fn for_user(error: CloudError) -> CloudError {
    with_policy(error, "`hoist annex policy --for user` prints all that annexes need")
}

/// The same error; one of a missing permission says where all that the set-up needs is listed.
pub(super) fn for_admin(error: CloudError) -> CloudError {
    with_policy(error, ADMIN)
}

fn with_policy(error: CloudError, all: &str) -> CloudError {
    if !error.kind.is_refusal() || !error.message.contains(NOT_ALLOWED) {
        return error;
    }
    let hint = error.hint.as_ref().map_or_else(|| all.to_owned(), |hint| format!("{hint}; {all}"));
    error.hint(hint)
}

/// Whether CloudFormation gives this reason because whoever asked it may not do what it did in his name.
pub(super) fn is_missing_permission(reason: &str) -> bool {
    ["not authorized to perform", "AccessDenied", "UnauthorizedOperation", "Access Denied"]
        .iter()
        .any(|words| reason.contains(words))
}
