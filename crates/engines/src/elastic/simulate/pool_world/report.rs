use serde::Serialize;

use super::calls::Calls;
use super::series::Series;
use super::wait_times::WaitTimes;
use crate::elastic::engine::Seconds;

/// Numbers of jobs by what became of them. `total` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct JobCounts {
    /// All jobs that arrived.
    pub total: u64,
    /// Jobs that ended.
    pub done: u64,
    /// Jobs that ran at the end of the simulation.
    pub running: u64,
    /// Jobs that waited at the end and that a machine could run.
    pub waiting: u64,
    /// Jobs that no kind of machine can run.
    pub unservable: u64,
}

/// Jobs that were never served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Unserved {
    /// Number of the class of alike jobs, from 1.
    pub class: usize,
    /// Its group, if the workload names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Number of jobs.
    pub jobs: u64,
    /// The reasons: one for each kind of machine that cannot run them, else what kept machines away.
    pub reasons: Vec<String>,
}

/// Hours of machines. `asked` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MachineHours {
    /// From launches to ends.
    pub asked: f64,
    /// On the way into the pool, of machines that joined or may still join.
    pub starting: f64,
    /// With a job.
    pub busy: f64,
    /// In the pool without a job.
    pub idle: f64,
    /// Taking no more jobs.
    pub draining: f64,
    /// Of machines that were ended before they joined.
    pub never_joined: f64,
}

/// The coming and going of machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Churn {
    /// Number of machines launched.
    pub launches: u64,
    /// Number of machines launched for 1,000 jobs that ended.
    pub launches_per_1000_jobs: Option<f64>,
    /// Number of machines that ran no job.
    pub unused: u64,
    /// Mean time from launch to end, in seconds.
    pub mean_life: Option<f64>,
    /// Largest number of live machines at a time.
    pub most: u64,
    /// Number of machines whose launch the cloud refused.
    pub refused: u64,
    /// Number of changes of direction within 10 minutes.
    pub reversals: u64,
}

/// The result of an engine or yardstick on a workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Report {
    /// The engine or yardstick.
    pub engine: String,
    /// What became of the jobs.
    pub jobs: JobCounts,
    /// Jobs that were never served, the largest classes first; at most 100 entries.
    pub unserved: Vec<Unserved>,
    /// Times that the jobs which ended waited in all.
    pub wait: WaitTimes,
    /// Hours that all jobs waited, those included that still do.
    pub wait_hours: f64,
    /// Mean of max(1, (wait + run) ÷ max(run, 10 s)).
    pub bounded_slowdown: Option<f64>,
    /// Time of the last end of a job, in seconds.
    pub makespan: Option<Seconds>,
    /// End of the simulation, in seconds.
    pub end: Seconds,
    /// Hours of machines by state.
    pub machine_hours: MachineHours,
    /// Price of the machines. None: a kind has no price.
    pub cost: Option<f64>,
    /// Processor hours of jobs.
    pub busy_core_hours: f64,
    /// The part of them that was lost with machines.
    pub lost_core_hours: f64,
    /// Processor hours of machines.
    pub paid_core_hours: f64,
    /// Processor hours of jobs by those of machines.
    pub utilisation: Option<f64>,
    /// The coming and going of machines.
    pub churn: Churn,
    /// Number of times that a job lost its machine because it was ended.
    pub interrupted: u64,
    /// Number of times that a job lost its machine because its lease ended.
    pub interrupted_by_lease: u64,
    /// Calls that the driver made.
    pub calls: Calls,
    /// Machines by state, waiting jobs and demand over time.
    pub series: Series,
}
