//! A simulated pool for any workload and any engine: kinds of machines, HTCondor's way to place jobs on them, and a
//! driver that runs an engine in virtual time; and the report by which engines are compared.

mod ads;
mod agenda;
mod assessment;
mod calls;
mod chart;
mod chart_scale;
mod contender;
mod conversion;
mod described_machines;
mod driver;
mod fit_table;
mod machine_kind;
mod misfit;
mod open_machines;
mod pool;
mod pool_settings;
mod pool_view;
mod report;
mod resources;
mod series;
mod sim_machine;
mod tally;
#[cfg(test)]
mod tests;
mod wait_times;
mod waiting_jobs;
mod world;

pub use calls::Calls;
pub use chart::{ChartExtent, svg};
pub use contender::{Contender, Yardstick, YardstickError};
pub use machine_kind::{BootTime, MachineKind, SlotPlan};
pub use pool_settings::PoolSettings;
pub use report::{Churn, JobCounts, MachineHours, Report, Unserved};
pub use series::{Point, Series};
pub use wait_times::WaitTimes;
pub use world::PoolWorld;
