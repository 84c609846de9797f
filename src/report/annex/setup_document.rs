//! The documents of the set-up that annexes need.

use serde::Serialize;
use serde_json::Value;

use crate::report::schema_version::SchemaVersion;

/// The document of `hoist annex setup`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SetupDocument<'a> {
    /// With `--dry-run`: what would be made.
    Preview {
        /// The version of the contract.
        schema: SchemaVersion,
        /// Where, with region and account.
        place: &'a str,
        /// `nothing`, `change` or `make`.
        would: &'static str,
        /// What it is made of.
        terms: SetupTermsView<'a>,
        /// The stack, in CloudFormation's terms.
        template: &'a Value,
    },
    /// What was made.
    Made {
        /// The version of the contract.
        schema: SchemaVersion,
        /// Where, with region and account.
        place: &'a str,
        /// `made`, `changed` or `unchanged`.
        outcome: &'static str,
        /// What it is made of.
        terms: SetupTermsView<'a>,
        /// The bucket's name.
        bucket: Option<&'a str>,
        /// The security group's id.
        security_group: Option<&'a str>,
    },
    /// With `--delete --dry-run`: what would be deleted.
    DeletionPreview {
        /// The version of the contract.
        schema: SchemaVersion,
        /// Where, with region and account.
        place: &'a str,
        /// `delete` or `nothing`.
        would: &'static str,
    },
    /// With `--delete`: what was deleted.
    Deleted {
        /// The version of the contract.
        schema: SchemaVersion,
        /// Where, with region and account.
        place: &'a str,
        /// `nothing`, `deleted` or `remains`.
        outcome: &'static str,
        /// What could not be deleted.
        remains: Vec<SetupRemainView<'a>>,
    },
}

/// What a set-up is made of.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetupTermsView<'a> {
    /// The network of the annexes.
    pub vpc: Option<&'a str>,
    /// From where the machines may be reached.
    pub from: &'a [String],
    /// Whether SSH is let in, too.
    pub ssh: bool,
}

/// A thing of the set-up that could not be deleted.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetupRemainView<'a> {
    /// Which.
    pub what: &'a str,
    /// Why.
    pub reason: &'a str,
}
