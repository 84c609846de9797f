//! Fleets that belong to a run or an annex, and their workers, wherever they are recorded. They end before it.

mod end_fleet;
mod parent;
mod scaler_services;
mod seen;
mod teardown;
mod wait_fleet;

pub(crate) use parent::Parent;
pub(crate) use scaler_services::ScalerServices;
pub(crate) use seen::Dependents;
pub(crate) use teardown::{DependentsEnd, Ended};
