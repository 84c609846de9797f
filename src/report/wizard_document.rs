//! The document of the wizard's results.

use std::path::Path;

use serde::Serialize;

use super::schema_version::SchemaVersion;

/// The document of `hoist wizard`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WizardDocument<'a> {
    /// The version of the contract.
    pub schema: SchemaVersion,
    /// The cloud, in a word.
    pub cloud: &'a str,
    /// The operating system, in a word.
    pub os: &'a str,
    /// The file of the master's user data.
    pub master: &'a Path,
    /// The file of the plan that launches it.
    pub plan: &'a Path,
    /// The file of the answers.
    pub answers: &'a Path,
    /// The security groups that were made, or were there.
    pub security_groups: Vec<SecurityGroupView<'a>>,
    /// The names of secrets that may stand in the user data.
    pub allowed_secrets: &'a [String],
    /// What a person should know.
    pub notes: Vec<&'a str>,
    /// What to do next.
    pub next_steps: Vec<String>,
    /// Whether the plan was raised.
    pub launched: bool,
    /// The run, where it was raised.
    pub run: Option<&'a str>,
    /// How that ended, in a word.
    pub outcome: Option<&'static str>,
}

/// A security group.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SecurityGroupView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its id.
    pub id: &'a str,
}
