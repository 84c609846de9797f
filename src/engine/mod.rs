//! The engine: decides what a run does next, carries it out, and records it before anything follows from it.
//!
//! It declares the traits that clouds, hosts and stores implement, and knows no implementation of them.

mod addresses;
mod agenda;
mod attribute_sources;
mod blocked_actions;
mod boot_output;
mod capacity_cooldown;
mod commands;
mod decide;
mod dependents;
mod desired;
mod drive_result;
mod driver;
mod event;
mod facts;
mod findings;
mod forecast;
mod health_check;
mod launch;
mod launch_request;
mod mask;
mod memory_store;
mod observer;
mod orphans;
mod phase;
mod placement;
mod poll_instances;
mod prerequisites;
mod preview;
mod projection;
mod recheck;
mod request_termination;
mod retry;
mod run;
mod run_program;
mod run_status;
mod schedule_program;
mod scheduler;
mod secret_mask;
mod secrets;
mod service_state;
mod stale;
mod standstill;
mod start_failure;
mod stop;
mod store;
mod tally;
mod tasks;
mod terminate;
mod termination_wait;
mod verify_gone;
mod viewed;
mod visible_values;
mod waits;

pub use addresses::moved;

pub use capacity_cooldown::COOL_DOWN;

pub use commands::REPAIR_LIMIT;
pub use decide::{Action, Decision, decide};
pub use drive_result::DriveResult;
pub use driver::{Driver, DriverError, DriverOptions};
pub use event::{Failure, Goal, Intent, JournalEntry, ProgramFailure, RunEvent, ServiceEvent, Stage};
pub use forecast::{Forecast, IfItFails, Item, PlannedAction, deeds};
pub use health_check::{
    Check, Observation, ObservedInstance, UnknownReason, examine, observe, survey, survey_patiently,
};

pub use memory_store::MemoryRunJournal;
pub use observer::Observer;
pub use orphans::{Missing, Orphan, OrphanReason, OwnedInstances, lease_end, missing, orphans};
pub use phase::{IllegalEvent, Phase, ProgramExecution, Teardown};
pub use prerequisites::{MissingPrerequisite, Prerequisites};
pub use preview::{check_secrets, preview};
pub use recheck::{AskedAgain, ask_again};

pub use run::{LaunchIntent, Run};
pub use secret_mask::SecretMask;
pub use service_state::{OwnedInstance, ServiceState};
pub use stale::{Stale, stale};
pub use standstill::{Standstill, standstill};
pub use stop::StopRequest;
pub use store::{Batch, JournalError, ProgramOutput, RunJournal, RunStatus, Summary};

pub use verify_gone::Remain;
pub use waits::Wait;

/// The most actions at once unless the user says otherwise: enough to keep a level of several hundred services busy,
/// few enough for the open files of one process.
pub const DEFAULT_MAX_CONCURRENCY: usize = 256;
