//! The fleet file, `elastic.toml`: workers, their queue, cloud, kinds of machines, engine, limits, lease and schedules.

mod bounds;
mod cloud;
mod command_settings;
mod engine;
mod engine_settings;
mod fleet_file;
mod fleet_name_rule;
mod fleet_reader;
mod fleet_writer;
mod lease;
mod limits;
mod load;
mod machine;
mod machine_reader;
mod parent;
mod queue;
mod queue_kind;
#[cfg(test)]
mod round_trip;
mod schedule;
mod section;
mod size;
#[cfg(test)]
mod tests;
mod toml_writer;
mod trusted_text;
mod when;
mod workers;

pub use bounds::Bounds;
pub use cloud::FleetCloud;
pub use command_settings::CommandSettings;
pub use engine::FleetEngine;
pub use engine_settings::{
    ClassadSettings, CoalitionSettings, DrainMode, ElastiqSettings, NpreservingSettings, QueuelenSettings,
    SlotVariables,
};
pub use fleet_file::FleetFile;
pub use fleet_name_rule::{LONGEST_FLEET_NAME, fleet_name_rule, fleet_of_prefix, is_fleet_name};
pub use lease::WorkerLease;
pub use limits::FleetLimits;
pub use machine::{MachineFigures, MachineKind};
pub use parent::FleetParent;
pub use queue::FleetQueue;
pub use queue_kind::QueueKind;
pub use schedule::Schedule;
pub use section::MOST_WORKERS;
pub use size::{Size, SizeError};
pub use trusted_text::TrustedText;
pub use when::{When, WhenError};
pub use workers::Workers;
