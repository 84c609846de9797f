//! The document of several runs to be terminated.

use serde::Serialize;
use serde_json::Value;

use crate::report::schema_version::SchemaVersion;

/// The document of `hoist plan terminate` of several runs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TerminationsDocument {
    schema: SchemaVersion,
    /// One document a run, in the order in which they were named: a run's own, or that of what went wrong with it.
    #[cfg_attr(test, schemars(with = "Vec<TerminationView<'static>>"))]
    runs: Vec<Value>,
}

/// The document of one of several runs.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "documents are gathered as they are printed; this only says which there may be")]
enum TerminationView<'a> {
    /// What came of it.
    Run(Box<super::run_document::RunDocument<'a>>),
    /// What went wrong with it.
    Error(TerminationErrorView<'a>),
}

/// A run that could not be had.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TerminationErrorView<'a> {
    /// The run's name.
    run: &'a str,
    /// What is wrong.
    error: &'a str,
    /// What to try.
    hints: &'a [String],
    /// `error`, where documents are events, one a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
}

impl TerminationsDocument {
    /// Combines the documents of the runs.
    pub fn new(runs: Vec<Value>) -> Self {
        Self { schema: SchemaVersion, runs }
    }
}

impl<'a> TerminationErrorView<'a> {
    /// Creates the document of an error of this run; an event if documents are events.
    pub fn new(run: &'a str, error: &'a str, hints: &'a [String], is_event: bool) -> Self {
        Self { run, error, hints, event: is_event.then_some("error") }
    }
}
