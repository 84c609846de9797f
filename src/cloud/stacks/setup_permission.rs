//! What to say where a permission is missing.

use crate::cloud::aws::{Class, Problem, Session};
use crate::engine::CloudError;

/// What prints everything that a set-up needs.
pub(super) const HINT: &str =
    "`hoist annex policy --for admin` prints all that a set-up needs; have it added to the policy of the user or role";

/// The error for a person; where an action is not permitted, it says which command prints all those that are needed.
pub(super) fn explain(session: &Session, problem: &Problem, doing: &str) -> CloudError {
    let scene = if problem.service == "s3" { session.storage_scene() } else { session.scene() };
    let error = problem.explain(&scene, doing);
    if problem.class() == Class::NotPermitted { error.hint(HINT) } else { error }
}

/// Whether CloudFormation gives this reason because whoever asked it may not do what it did in his name.
pub(super) fn is_missing(reason: &str) -> bool {
    ["not authorized to perform", "AccessDenied", "UnauthorizedOperation", "Access Denied"]
        .iter()
        .any(|words| reason.contains(words))
}
