//! Validation of cloud-config against cloud-init's own schema.
//!
//! The schema is JSON schema, draft 4, and is shipped with hoist. Its keywords are implemented here instead of in a
//! package, because a message must name a line, the allowed values and the nearest known key, because deprecated
//! settings are no errors, and because a package for all drafts is larger than the rest of the linter.

mod validator;
mod violation;

use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::yaml::Node;
use validator::Validator;
pub(super) use violation::{Nature, Violation};

/// The version of cloud-init that the schema comes from.
pub const VERSION: &str = "25.1.4";

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    // The schema is part of the program, so no input can cause this.
    serde_json::from_str(include_str!("cloud-config.json")).unwrap_or_else(|error| unreachable!("{error}"))
});

/// Validates a cloud-config. Deprecated settings are among the violations, and marked.
pub(super) fn check(root: &Node) -> Vec<Violation> {
    Validator::new(&SCHEMA).check(root)
}

#[cfg(test)]
mod tests;
