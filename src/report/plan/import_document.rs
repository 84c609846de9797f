//! The document of a plan imported from another notation.

use std::path::Path;

use serde::Serialize;

use crate::report::schema_version::SchemaVersion;

/// The document of `hoist plan import`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImportDocument<'a> {
    schema: SchemaVersion,
    /// The file that was written; null where the plan is in the document.
    written: Option<&'a Path>,
    /// The plan in our notation; null where it was written to a file.
    toml: Option<&'a str>,
    /// What could not be said in our notation, or is said otherwise.
    notes: &'a [String],
}

impl<'a> ImportDocument<'a> {
    /// Creates the document of the plan, with the file it was written to, if any.
    pub fn new(written: Option<&'a Path>, toml: &'a str, notes: &'a [String]) -> Self {
        let toml = written.is_none().then_some(toml);
        Self { schema: SchemaVersion, written, toml, notes }
    }
}
