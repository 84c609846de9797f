use serde::Serialize;

use crate::report::schema_version::SchemaVersion;
use crate::scaler::FleetName;

/// The document of the commands that ask a fleet's scaler for something: `hoist elastic set`, `drain`, `reload`,
/// `stop`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetRequestDocument<'a> {
    schema: SchemaVersion,
    /// The fleet.
    fleet: &'a str,
    /// `set`, `drain`, `reload` or `stop`.
    request: &'static str,
    /// `done`: the scaler has carried it out; `recorded`: it has not answered, or none runs; `declined`: the user said
    /// no.
    outcome: &'static str,
    /// What follows, in a sentence.
    message: &'a str,
}

impl<'a> FleetRequestDocument<'a> {
    /// Creates the document of a request and its outcome.
    pub fn new(fleet: &'a FleetName, request: &'static str, outcome: &'static str, message: &'a str) -> Self {
        Self { schema: SchemaVersion, fleet: fleet.as_str(), request, outcome, message }
    }
}
