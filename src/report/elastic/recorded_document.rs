use std::path::Path;

use serde::Serialize;

use crate::report::schema_version::SchemaVersion;

/// The document of `hoist elastic record`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecordedDocument<'a> {
    schema: SchemaVersion,
    /// The file with the readings.
    file: &'a str,
    /// Number of readings that this command added.
    readings: u64,
    /// Number of them in which a part failed.
    failed: u64,
}

impl<'a> RecordedDocument<'a> {
    /// Creates the document of a recording.
    pub fn new(file: &'a Path, readings: u64, failed: u64) -> Self {
        Self { schema: SchemaVersion, file: file.to_str().unwrap_or_default(), readings, failed }
    }
}
