//! What commands do, without a command line: operations on journals, clouds and hosts.
//!
//! An operation is given a [`Workspace`] (where things are recorded, which clouds are meant) and an [`Interaction`],
//! which is told and asked. It gives what came of it, and a caller shows that: the command line today, a page or a
//! daemon as well.

pub(crate) mod annex;
mod clouds;
pub(crate) mod doctor;
mod exit;
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
mod workspace;

pub(crate) use clouds::Clouds;
#[cfg(feature = "aws")]
pub(crate) use clouds::aws;
pub use exit::{CommandError, CommandResult, Exit};
pub(crate) use infrastructure::{LiveInfrastructure, rehearsal, rehearsed};
pub use interaction::Interaction;
pub(crate) use operation::Operation;
pub(crate) use refusal::refuse;
pub use stops::{StopSender, Stops};
pub use workspace::{CloudOptions, Workspace};
