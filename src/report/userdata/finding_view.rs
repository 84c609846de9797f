//! A finding in user data, in documents.

use serde::Serialize;

use crate::user_data::Finding;

/// One thing that was found. No secret is in it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingView<'a> {
    /// The line of the file where the outermost of what it is within begins, or of the thing itself; from 1.
    file_line: u32,
    /// What it is within, from the outside: `part 2 (text/cloud-config)`.
    within: &'a [String],
    /// The line, from 1: of the file, or of the innermost of `within` that is encoded.
    line: u32,
    /// `note`, `warning` or `error`.
    severity: &'static str,
    /// Which check found it: `secret`, `schema`, `yaml`, `shell`, …
    check: &'a str,
    /// Its name, by which it can be allowed: `unknown-key`; of a secret, what it is: `password:db_password`.
    name: &'a str,
    /// What is wrong.
    message: &'a str,
    /// What to try.
    hint: Option<String>,
    /// The name by which a secret can be allowed.
    secret: Option<&'a str>,
}

impl<'a> FindingView<'a> {
    /// Creates the view of this finding.
    pub fn of(finding: &'a Finding) -> Self {
        Self {
            file_line: finding.file_line,
            within: &finding.within,
            line: finding.line,
            severity: finding.diagnostic.severity.as_str(),
            check: finding.check,
            name: &finding.name,
            message: &finding.diagnostic.message,
            hint: finding.diagnostic.joined_hints(),
            secret: finding.secret.as_deref(),
        }
    }
}
