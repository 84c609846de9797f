//! How user data is looked at.

use std::collections::BTreeSet;

use super::finding::Finding;

/// How user data is looked at.
#[derive(Clone, Debug, Default)]
pub struct LintOptions {
    /// Secrets that are meant to be there, by name: a rule's (`github-token`), or a rule's with a key
    /// (`password:admin_password`).
    pub allowed_secrets: BTreeSet<String>,
    /// Findings that are meant to be there, by name: a finding's (`unknown-key`), or a check's (`schema`). Secrets
    /// count, too.
    pub allowed: BTreeSet<String>,
    /// Whether no shell is asked whether it can read the scripts.
    pub without_shells: bool,
}

impl LintOptions {
    /// What is looked for where findings of these names are meant to be there.
    pub fn allowing<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        Self { allowed: names.into_iter().cloned().collect(), ..Self::default() }
    }

    /// Whether a finding is meant to be there.
    pub(super) fn allows(&self, finding: &Finding) -> bool {
        finding.is_named(self.allowed.iter().chain(&self.allowed_secrets).map(String::as_str))
    }
}
