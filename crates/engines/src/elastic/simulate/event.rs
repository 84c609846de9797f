use serde::Serialize;
use serde_json::Value;

use crate::elastic::engine::Seconds;

/// An event of a trace, in the format of the recorded traces.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Event {
    /// Time.
    pub t: Seconds,
    /// The action, such as `boot` or `terminate`.
    pub action: &'static str,
    /// Number of machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    /// The word of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Number of jobs that ran on ended machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killed_jobs: Option<u32>,
    /// Unique slots of launched machines, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniques: Option<Vec<Option<String>>>,
    /// Launch variables: of all machines, or a list with those of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vars: Option<Value>,
    /// Name of the worker (coalition).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Market of a start (coalition): `spot` or `on-demand`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market: Option<&'static str>,
    /// The error of a refusal or failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Event {
    /// Returns an event without machines.
    pub fn plain(t: Seconds, action: &'static str) -> Event {
        Event { t, action, ..Event::default() }
    }

    /// Returns an event about machines.
    pub fn machines(t: Seconds, action: &'static str, reason: Option<&'static str>, ids: Vec<String>) -> Event {
        let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        Event { t, action, count: Some(count), ids: Some(ids), reason, ..Event::default() }
    }
}
