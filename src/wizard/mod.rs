//! The wizard: a few questions, and a cluster's files made from their answers.

mod answers;
mod answers_file;
mod draft;
mod elastiq_conf;
mod interview;
mod launch_plan;
mod master;
mod master_check;
mod master_steps;
mod os;
mod own_program;
mod parsed_file;
pub mod password;
mod problem;
mod program_bundle;
mod provenance;
mod question;
mod render_error;
mod scaler;
mod worker;

pub use answers::{Answers, Binary, CloudKind, PasswordSource, Scaler};
pub use answers_file::{ANSWERS_FILE, is_answers_file, read_answers, write_answers};
pub use draft::{Draft, DraftEnvironment, ValidatedAnswers};

pub use interview::Common as CommonToGroups;
pub use interview::{CatalogCache, Choice, Choices, CloudCheck, Interview, master_group, worker_group};
pub use master::{Cluster, render};
pub use master_steps::{LOCAL_PASSWORD_NAME, PASSWORD_NAME};
pub use os::{Called, Os, Retired, SYSTEMS};
pub use own_program::{OwnProgram, Symbols};
pub use parsed_file::ParsedFile;
pub use problem::AnswerProblem;
pub use program_bundle::{bundle_name, is_copied, program_bundle};
pub use provenance::{Origin, SourcedAnswer};
pub use question::{AnswerValue, ECM_KEYS, NEW_GROUP, OWN_PROGRAM, Question, Words, read_os};
pub use render_error::WizardError;
pub use worker::{GRACE, MANAGER_ADDRESS, WORKER_TOKEN};
