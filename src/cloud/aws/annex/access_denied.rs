//! AWS's refusals, with a hint at the permissions for annexes.

use crate::cloud::aws::api::NOT_ALLOWED;
use crate::provider::CloudError;

/// Hint at the command that prints all permissions of the set-up.
pub(super) const ADMIN: &str = "`hoist annex policy --for admin` prints all that the set-up needs";

/// Adds to a missing-permission error a hint at the policy for users.
pub(super) fn for_user(error: CloudError) -> CloudError {
    with_policy(error, "`hoist annex policy --for user` prints all that annexes need")
}

/// Adds to a missing-permission error a hint at the policy for the set-up.
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

/// Returns whether a reason of CloudFormation's means that its caller lacks a permission for an action that it took in
/// the caller's name.
pub(super) fn is_missing_permission(reason: &str) -> bool {
    ["not authorized to perform", "AccessDenied", "UnauthorizedOperation", "Access Denied"]
        .iter()
        .any(|words| reason.contains(words))
}
