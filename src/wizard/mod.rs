//! The wizard: a few questions, and what follows from their answers.

mod answers;
mod answers_file;
mod draft;
mod ecm_conf;
mod elastiq_conf;
mod interview;
mod launch_plan;
mod master;
mod master_check;
mod master_steps;
mod origin;
mod os;
pub mod password;
mod problem;
mod question;
mod render_error;
mod scaler;
mod worker;

pub use answers::{Answers, Binary, CloudKind, PasswordSource, Scaler};
pub use answers_file::{ANSWERS_FILE, is_answers_file, read_answers, write_answers};
pub use draft::{Draft, Reading, Surroundings, Whole};
pub use ecm_conf::{ecm_conf_in, read_ecm_conf};
pub use interview::{Choice, Choices, Interview, Offers, Verdict, master_group, worker_group};
pub use master::{Cluster, render};
pub use master_steps::{LOCAL_PASSWORD_NAME, PASSWORD_NAME};
pub use origin::{Given, Origin};
pub use os::{Os, SYSTEMS};
pub use problem::Problem;
pub use question::{NEW_GROUP, Question, Value, Words, Wrong};
pub use render_error::WizardError;
pub use worker::MANAGER_ADDRESS;
