//! HTCondor: its programs, its ads, and its pools' slots. Independent of the cloud that the machines are from.
//!
//! All of HTCondor's programs are run by one function, with arguments passed without a shell.

mod advertise;
mod bound_jobs;
mod collector_fault;
mod command;
mod config_value;
mod dag;
mod drain;
mod dry_run;
mod error;
mod job;
mod jobs;
mod literal;
mod machines;
mod pool;
mod queue;
mod schedd;
mod slot;
mod submit;
mod submit_dag;
mod submit_interactive;
mod token;
mod universe;
mod work;

pub use bound_jobs::{BoundJobs, IdleJobs};
pub use collector_fault::CollectorFault;
pub use drain::{DrainReply, Draining, Patience};
pub use error::HTCondorError;
pub use jobs::{Jobs, TerseError, parse_terse};
pub use machines::Machines;
pub use pool::HTCondor;
pub use schedd::{NoSchedd, Schedd};
pub use slot::Slot;
pub use submit::{Submission, Target};
pub use token::{Claims, PingAnswer, RequestState, SigningKey, TokenOrder, TokenRequest, WORKER_RIGHTS};
pub use work::{HTCondorSource, tells_run_time};
