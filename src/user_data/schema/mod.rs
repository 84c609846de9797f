//! cloud-init's own schema of cloud-config, and what of a document goes against it.
//!
//! The schema is JSON schema, draft 4, and is shipped with hoist; what its key words mean is written here and not taken
//! from a package, because a message has to name a line, what is allowed and the nearest known key, because what is
//! deprecated is no error, and because a package for all drafts is larger than the rest of the linter.

mod validator;
mod violation;

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::yaml::Node;
use validator::Validator;
pub(super) use violation::{Nature, Violation};

/// The version of cloud-init whose schema this is.
pub const VERSION: &str = "25.1.4";

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    // Part of the program: no input makes it.
    serde_json::from_str(include_str!("cloud-config.json")).unwrap_or_else(|error| unreachable!("{error}"))
});

/// Checks a cloud-config. What is deprecated is among what is returned, and marked.
pub(super) fn check(root: &Node) -> Vec<Violation> {
    Validator::new(&SCHEMA).check(root)
}

#[cfg(test)]
mod tests;
