//! Options of the linter.

use std::collections::BTreeSet;

use super::finding::Finding;

/// Options of the linter.
#[derive(Clone, Debug, Default)]
pub struct LintOptions {
    /// Allowed secrets, by name: a rule's (`github-token`), or a rule's with a key (`password:admin_password`).
    pub allowed_secrets: BTreeSet<String>,
    /// Allowed findings, by name: a finding's (`unknown-key`), or a check's (`schema`). Includes names of secrets.
    pub allowed: BTreeSet<String>,
    /// Whether to skip the syntax checks by shells.
    pub without_shells: bool,
}

impl LintOptions {
    /// Returns the options that allow findings of these names.
    pub fn allowing<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        Self { allowed: names.into_iter().cloned().collect(), ..Self::default() }
    }

    /// Returns whether a finding is allowed.
    pub(super) fn allows(&self, finding: &Finding) -> bool {
        finding.is_named(self.allowed.iter().chain(&self.allowed_secrets).map(String::as_str))
    }
}
