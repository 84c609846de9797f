//! The wizard: a few questions, and what follows from their answers.

mod answers;
mod elastiq_conf;
mod launch_plan;
mod master;
mod master_check;
mod master_steps;
mod os;
pub mod password;
mod render_error;
mod scaler;
mod worker;

pub use answers::{Answers, Binary, CloudKind, PasswordSource, Scaler};
pub use master::{Cluster, render};
pub use master_steps::{LOCAL_PASSWORD_NAME, PASSWORD_NAME};
pub use os::{Os, SYSTEMS};
pub use render_error::WizardError;
pub use worker::MANAGER_ADDRESS;
