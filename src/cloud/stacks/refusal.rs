//! Refusals of AWS's, with a hint at what annexes need.

use crate::cloud::aws::NOT_ALLOWED;
use crate::engine::{CloudError, CloudErrorKind};

/// The same error; one of a missing permission says where all that users need is listed.
pub(super) fn for_user(error: CloudError) -> CloudError {
    if error.kind != CloudErrorKind::Refused || !error.message.contains(NOT_ALLOWED) {
        return error;
    }
    let all = "`hoist annex policy --for user` prints all that annexes need";
    let hint = error.hint.as_ref().map_or_else(|| all.to_owned(), |hint| format!("{hint}; {all}"));
    error.hint(hint)
}
