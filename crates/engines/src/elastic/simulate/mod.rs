//! Simulated worlds in virtual time: they drive an engine through a scenario and record a trace.
//!
//! A scenario file describes a cloud's behaviour, a workload and scripted faults; a trace lists what the engine decided
//! and what came of it. One second is settled in a fixed order, seconds in which nothing is due cost nothing, and the
//! same scenario always gives the same trace.

mod changes;
mod coalition;
mod detail;
mod elastiq;
mod epu;
mod event;
mod jobs;
mod limits;
mod nullable;
mod observations;
mod pool_world;
mod run;
mod scenario;
mod scenario_error;
mod scenario_view;
mod summary;
mod trace;

pub use changes::Changes;
pub use coalition::{CoalitionScenario, CoalitionSighting};
pub use detail::Detail;
pub use elastiq::{ElastiqScenario, ElastiqSightings, ElastiqWorld};
pub use epu::{EpuScenario, EpuSighting};
pub use event::Event;
pub use jobs::{
    Fault, Format, InputError, Job, JobClass, LeftOut, Needs, Place, RecordedReading, ScenarioSetup, Workload,
    bytes_of, parse_amount, read, read_as, scenario_setup,
};
pub use observations::Observations;
pub use pool_world::{
    BootTime, Calls, ChartExtent, Churn, Contender, JobCounts, MachineHours, MachineKind, Point, PoolSettings,
    PoolWorld, Report, Series, SlotPlan, Unserved, WaitTimes, Yardstick, YardstickError, svg,
};
pub use run::{simulate, simulate_with};
pub use scenario::{Scenario, System};
pub use scenario_error::ScenarioError;
pub use summary::{CoalitionSummary, ElastiqSummary, EpuSummary, Summary};
pub use trace::Trace;
