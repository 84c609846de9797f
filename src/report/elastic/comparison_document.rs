//! A comparison of engines as JSON.

use serde::Serialize;

use crate::elastic::simulate::{Format, LeftOut, Report};
use crate::report::SchemaVersion;

/// The document of `hoist elastic simulate` that compares engines. Times are seconds since the first entry of the log.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ComparisonDocument<'a> {
    schema: SchemaVersion,
    /// The notation of the workload.
    format: Format,
    /// Entries of the log that are no part of the workload.
    left_out: &'a [LeftOut],
    /// What the log does not tell and is assumed, a sentence each.
    assumptions: &'a [String],
    /// The results, in the order in which the engines were named.
    engines: &'a [Report],
}

impl<'a> ComparisonDocument<'a> {
    /// Makes the document of a comparison.
    pub fn new(format: Format, left_out: &'a [LeftOut], assumptions: &'a [String], engines: &'a [Report]) -> Self {
        Self { schema: SchemaVersion, format, left_out, assumptions, engines }
    }
}
