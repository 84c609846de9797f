//! The interfaces of clouds and hosts: traits, requests, results, and errors.
//!
//! Implementations are in `cloud` and `host`; the engine and other users depend on these interfaces only.

mod api_call;
mod catalog;
mod clock;
mod cloud;
mod cloud_error;
mod command;
mod doctor_finding;
mod entry_program;
mod host;
mod host_error;
mod infrastructure;
mod resources;
mod run_variables;
mod task;
mod work_needs;

pub use catalog::{Catalog, IngressRule, InstanceType, NewSecurityGroup, Peer, SecurityGroup, Subnet, Traffic};
pub use cloud::{
    Capabilities, CapacityError, Cloud, Instance, InstanceSpec, InstanceState, LaunchRequest, Launched, Offer,
    Selector, TAG_EXPIRES, TAG_FINDING, TAG_FLEET, TAG_INTENT, TAG_OWNER, TAG_POOL, TAG_RUN, TAG_STATE, TAG_STATE_FILE,
    TAG_UNSURE,
};
pub use cloud_error::{CloudError, CloudErrorKind};
pub use command::{Command, CompletedProcess, ExitOutcome, OUTPUT_LIMIT};
pub use doctor_finding::{DoctorFinding, FindingHealth};
pub use entry_program::EntryProgram;
pub use host::{Host, HostReady, Upload};
pub use host_error::{Awaited, Complaint, HostError};
pub use infrastructure::{Infrastructure, RemoteMachine};
pub use resources::{Image, ImageFilter, Leftover, LeftoverKind, Leftovers, ListFailure, SpotPrice};
pub use run_variables::{RUN_VARIABLE, SERVICE_VARIABLE};
pub use task::{Content, Done, StageFile, Task};
pub(crate) use task::{UNPACK, unfit};
pub use work_needs::{WorkFindings, WorkNeeds};

pub use clock::Clock;

pub use api_call::{ApiCall, CallObserver};
