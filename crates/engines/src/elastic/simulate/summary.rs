use serde::Serialize;

use crate::elastic::engine::Seconds;

/// Totals of an elastiq world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ElastiqSummary {
    /// Number of machines launched.
    pub boots: u64,
    /// Busy slots of machines, added up over seconds.
    pub busy_slot_seconds: i64,
    /// Waiting jobs, added up over seconds.
    pub job_wait_seconds: i64,
    /// Number of jobs that ended.
    pub jobs_done: u64,
    /// Number of jobs that lost their machine and had to run again.
    pub jobs_requeued: u64,
    /// Time at which the last job ended.
    pub last_job_done: Option<Seconds>,
    /// Live machines, added up over seconds.
    pub machine_seconds: i64,
    /// Largest number of live machines.
    pub most_machines: u64,
    /// Number of terminations of machines that had ended; an engine of ours asks for none.
    pub repeated_terminates: u64,
    /// Number of machines ended.
    pub terminates: u64,
}

/// Totals of an EPU world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct EpuSummary {
    /// Number of calls that ended machines.
    pub destroy_calls: u64,
    /// Number of machines ended.
    pub destroys: u64,
    /// Number of machines launched.
    pub launches: u64,
    /// Live machines, added up over seconds.
    pub machine_seconds: i64,
}

/// Totals of a coalition world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CoalitionSummary {
    /// Number of jobs that ended.
    pub jobs_done: u64,
    /// Time at which the last job ended.
    pub last_job_done: Option<Seconds>,
    /// Live machines, added up over seconds.
    pub machine_seconds: i64,
    /// Largest number of live machines.
    pub most_machines: u64,
    /// Number of machines started.
    pub starts: u64,
    /// Number of stops.
    pub stops: u64,
    /// Number of stops that found no machine.
    pub stops_that_found_nothing: u64,
}

/// Totals of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Summary {
    /// Of an elastiq world.
    Elastiq(ElastiqSummary),
    /// Of an EPU world.
    Epu(EpuSummary),
    /// Of a coalition world.
    Coalition(CoalitionSummary),
}
