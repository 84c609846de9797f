use serde::Serialize;
use serde_json::Value;

use super::event::Event;
use super::observations::Observations;
use super::summary::Summary;

/// The record of a simulation, in the format of the recorded traces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// Version of the format: 1.
    pub schema: u32,
    /// The engine.
    pub engine: String,
    /// The rule set: `repaired`.
    pub rules: &'static str,
    /// The events, in order.
    pub events: Vec<Event>,
    /// What the engine was shown, where it changed.
    pub observations: Observations,
    /// State of the decision engine where it changed (EPU): `PENDING_DE` or `STABLE_DE`.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub engine_state: Value,
    /// Limits met (elastiq).
    #[serde(skip_serializing_if = "Value::is_null")]
    pub notes: Value,
    /// Counts every 60 s (elastiq, coalition).
    #[serde(skip_serializing_if = "Value::is_null")]
    pub series: Value,
    /// State at the end.
    #[serde(rename = "final")]
    pub end: Value,
    /// Totals.
    pub summary: Summary,
}
