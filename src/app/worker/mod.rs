//! The operations of `hoist worker`: single workers of fleets, which people start and stop.

mod chosen;
mod from_spec;
mod hand;
mod launch;
mod list;
mod plan_fleet;
mod show_spec;
mod start;
mod stop;
mod surroundings;

pub(crate) use list::list;
pub(crate) use show_spec::show_spec;
pub(crate) use start::{Start, StartWorkers, start};
pub(crate) use stop::{Stop, StopWorkers, Which, stop};
