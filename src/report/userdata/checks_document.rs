//! The document of the checks of user data.

use serde::Serialize;

use crate::report::schema_version::SchemaVersion;
use crate::user_data::LintCheck;

/// The document of `hoist userdata lint --checks`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChecksDocument<'a> {
    schema: SchemaVersion,
    /// All kinds of findings but secrets.
    checks: Vec<CheckView>,
    /// The names of secrets, by what they are.
    secrets: Vec<&'a str>,
}

/// A kind of finding.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckView {
    /// Its name, which does not change: `unknown-key`.
    name: &'static str,
    /// What it belongs to: `schema`, `yaml`, `mime`, …; as a name, it stands for all that belong to it.
    group: &'static str,
    /// `note`, `warning` or `error`.
    severity: &'static str,
    /// What it means, in a few words.
    about: &'static str,
}

impl<'a> ChecksDocument<'a> {
    /// Creates the document of these checks and names of secrets.
    pub fn new(checks: &[LintCheck], secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let view = |check: &LintCheck| CheckView {
            name: check.name,
            group: check.group,
            severity: check.severity.as_str(),
            about: check.about,
        };
        let checks = checks.iter().map(view).collect();
        Self { schema: SchemaVersion, checks, secrets: secrets.into_iter().collect() }
    }
}
