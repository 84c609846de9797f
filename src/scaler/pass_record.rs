use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::elastic::engine::{Decision, Note, Outcome, Seconds};

/// The numbers of an observation that `status`, `why` and metrics show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seen {
    /// Number of waiting jobs that a machine of the fleet could serve. None: not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// Number of waiting jobs that no machine of the fleet can serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unservable: Option<u64>,
    /// Number of hosts of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<u64>,
    /// Number of hosts with a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy: Option<u64>,
    /// Number of slots of the pool, without dynamic ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u64>,
    /// Number of own machines by state, as the cloud shows them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, u64>,
    /// Age in seconds of each reading that was not fresh, by source: demand, pool, groups, slots, machines.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stale: BTreeMap<String, Seconds>,
    /// Error of each source that did not answer, by source.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failed: BTreeMap<String, String>,
}

/// A pass: what was seen, decided, and what came of it. `why` reads these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassRecord {
    /// Its number, from 1.
    pub number: u64,
    /// When its readings were complete.
    pub at: Timestamp,
    /// Name of the engine.
    pub engine: String,
    /// Limits of the number of workers that held: minimum and maximum.
    pub bounds: (u32, u32),
    /// What was seen.
    pub seen: Seen,
    /// What was decided, after all limits.
    pub decisions: Vec<Decision>,
    /// Remarks about what was not decided, and why.
    pub notes: Vec<Note>,
    /// What came of the decisions, once the calls have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Number of later passes that saw and decided the same, which are not kept one by one.
    #[serde(default)]
    pub repeats: u64,
    /// Time of the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}
