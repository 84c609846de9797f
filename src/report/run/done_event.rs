//! The last event of a command that works on a run.

use serde::Serialize;

use super::outcome_view::OutcomeView;
use crate::engine::Run;
use crate::report::schema_version::SchemaVersion;

/// How a command ended, as an event: `{"event": "done", …}`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoneEvent<'a> {
    schema: SchemaVersion,
    /// `done`.
    event: &'static str,
    /// The run's name.
    run: &'a str,
    /// Where it stands, in a word.
    status: &'static str,
    #[serde(flatten)]
    outcome: OutcomeView<'a>,
}

impl<'a> DoneEvent<'a> {
    /// Creates the event of a command that has released the run.
    pub fn new(run: &'a Run, outcome: OutcomeView<'a>) -> Self {
        Self { schema: SchemaVersion, event: "done", run: &run.name, status: run.status().word(false), outcome }
    }
}
