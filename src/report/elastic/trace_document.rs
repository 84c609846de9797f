//! A simulation's trace as JSON.

use serde::Serialize;
use serde_json::Value;

use crate::elastic::simulate::{Event, Observations, Summary, Trace};
use crate::report::SchemaVersion;

/// The document of `hoist elastic simulate`. Times are seconds since the scenario's start.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TraceDocument<'a> {
    schema: SchemaVersion,
    /// The engine.
    engine: &'a str,
    /// The rule set of the engine: `repaired`.
    rules: &'a str,
    /// The events, in order.
    events: &'a [Event],
    /// What the engine was shown, where it changed: `[[time, value], …]`, or an object of such lists.
    #[cfg_attr(test, schemars(with = "Value"))]
    observations: &'a Observations,
    /// State of the decision engine where it changed (EPU): `PENDING_DE` or `STABLE_DE`.
    #[serde(skip_serializing_if = "is_null")]
    engine_state: &'a Value,
    /// Limits met (elastiq).
    #[serde(skip_serializing_if = "is_null")]
    notes: &'a Value,
    /// Counts every 60 s (elastiq, coalition).
    #[serde(skip_serializing_if = "is_null")]
    series: &'a Value,
    /// State at the end.
    #[serde(rename = "final")]
    end: &'a Value,
    /// Totals.
    summary: &'a Summary,
}

impl<'a> TraceDocument<'a> {
    /// Makes the document of a trace.
    pub fn new(trace: &'a Trace) -> Self {
        Self {
            schema: SchemaVersion,
            engine: &trace.engine,
            rules: trace.rules,
            events: &trace.events,
            observations: &trace.observations,
            engine_state: &trace.engine_state,
            notes: &trace.notes,
            series: &trace.series,
            end: &trace.end,
            summary: &trace.summary,
        }
    }
}

fn is_null(value: &&Value) -> bool {
    value.is_null()
}
