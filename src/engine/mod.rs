//! The engine: decides what a run does next, carries it out, and records it before anything follows from it.
//!
//! It declares the traits that clouds, hosts and stores implement, and knows no implementation of them.

mod announce;
mod audit;
mod backoff;
mod catalog;
mod clock;
mod cloud;
mod decide;
mod driver;
mod event;
mod health;
mod host;
mod hosts;
mod insist;
mod intentions;
mod inventory;
mod launch;
mod machine;
mod memory_store;
mod observe;
mod observer;
mod offers;
mod patience;
mod phase;
mod places;
mod preview;
mod program;
mod proof;
mod removal;
mod run;
mod secrets;
mod service_record;
mod store;
mod work;

pub use audit::{Missing, Orphan, Usage, Why, lease_end, missing, orphans};
pub use backoff::Backoff;
pub use catalog::{Catalog, IngressRule, InstanceType, NewSecurityGroup, Peer, SecurityGroup, Subnet, Traffic};
pub use clock::Clock;
pub use cloud::{
    Capabilities, Cloud, CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest, Launched, Machine, Offer,
    Refusal, Selector, TAG_EXPIRES, TAG_INTENT, TAG_OWNER, TAG_RUN,
};
pub use decide::{Action, Step, decide};
pub use driver::{Driver, DriverError, DriverOptions, Halt, Stop};
pub use event::{Change, Event, Failure, Goal, Intent, ProgramFailure, ProgramKind, Record, Stage};
pub use health::{Check, InstanceSeen, Observation, observe, survey};
pub use host::{Command, Finished, Host, HostError, OUTPUT_LIMIT, Outcome, Reached, Upload};
pub use intentions::REPAIR_LIMIT;
pub use inventory::{Image, ImageFilter, Leftover, LeftoverKind, SpotPrice};
pub use memory_store::MemoryStore;
pub use observer::Observer;
pub use offers::COOL_DOWN;
pub use patience::patiently;
pub use phase::{Execution, Farewell, IllegalEvent, Phase};
pub use places::{Places, RemoteMachine};
pub use preview::{check_secrets, preview};
pub use proof::Remain;
pub use run::{Announced, Run};
pub use service_record::{OwnedInstance, ServiceRecord};
pub use store::{Batch, ProgramOutput, RunStatus, Store, StoreError, Summary};

/// The most actions at once unless the user says otherwise: enough to keep a level of several hundred services busy, few
/// enough for the open files of one process.
pub const DEFAULT_MAX_CONCURRENCY: usize = 256;
