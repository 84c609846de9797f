//! The engine: decides what a run does next, carries it out, and records it before anything follows from it.
//!
//! It declares the traits that clouds, hosts and stores implement, and knows no implementation of them.

mod cloud;
mod event;
mod host;
mod memory_store;
mod store;

pub use cloud::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest, Machine, Selector,
    TAG_INTENT, TAG_OWNER, TAG_RUN,
};
pub use event::{Change, Event, Failure, Goal, ProgramFailure, ProgramKind, Record, Stage};
pub use host::{Command, Finished, Host, HostError, OUTPUT_LIMIT, Outcome, Upload};
pub use memory_store::MemoryStore;
pub use store::{Batch, ProgramOutput, RunStatus, Store, StoreError, Summary};
