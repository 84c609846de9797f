//! The operations behind the commands, independent of the command line: on journals, clouds and hosts.
//!
//! An operation gets a [`Workspace`] (the records and the configured clouds) and an [`Interaction`] (messages and
//! questions). It returns its result, which the caller shows: the command line today, possibly a page or a daemon
//! later.

pub(crate) mod annex;
mod clouds;
pub(crate) mod coalition;
pub(crate) mod dependents;
pub(crate) mod doctor;
pub(crate) mod elastic;
mod exit;
mod fleet_cloud;
mod infrastructure;
mod interaction;
mod operation;
pub(crate) mod orphans;
mod own_directories;
pub(crate) mod plan;
mod refusal;
mod stops;
pub(crate) mod userdata;
pub(crate) mod wizard;
pub(crate) mod worker;
mod workspace;

#[cfg(feature = "aws")]
pub(crate) use clouds::aws;
pub(crate) use clouds::{Clouds, known_to_plans};
pub use exit::{CommandError, CommandResult, Exit};
pub(crate) use fleet_cloud::fleet_cloud;
pub(crate) use infrastructure::{LiveInfrastructure, rehearsal, rehearsed};
pub use interaction::Interaction;
pub(crate) use operation::Operation;
pub(crate) use refusal::refuse;
pub use stops::{StopSender, Stops};
pub use workspace::{CloudOptions, Workspace};
