//! The document of a scaler's configuration imported as a fleet file.

use std::path::Path;

use serde::Serialize;

use crate::report::SchemaVersion;

/// The document of `hoist elastic import`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetImportDocument<'a> {
    schema: SchemaVersion,
    /// The program that the configuration is of: `elastiq`, `coalition` or `epu`.
    source: &'a str,
    /// The file that was written; null where the fleet file is in the document.
    written: Option<&'a Path>,
    /// The fleet file; null where it was written to a file.
    toml: Option<&'a str>,
    /// What was not carried over, or has another meaning.
    notes: &'a [String],
}

impl<'a> FleetImportDocument<'a> {
    /// Creates the document of the fleet file, with the file it was written to, if any.
    pub fn new(source: &'a str, written: Option<&'a Path>, toml: &'a str, notes: &'a [String]) -> Self {
        let toml = written.is_none().then_some(toml);
        Self { schema: SchemaVersion, source, written, toml, notes }
    }
}
