//! The scaler of a fleet: observes, lets an engine decide, records, acts, and records again.
//!
//! It reaches clouds, queues and stores through traits, and knows no implementation of them. [`Fleet`] is what the
//! journal's lines amount to; nothing is launched, drained or ended before its intent is a line.

mod act;
mod admission;
mod admit;
mod cloud_calls;
mod decider;
mod dry_pass;
mod engine_of;
mod engine_program;
mod fleet;
mod fleet_batch;
mod fleet_event;
mod fleet_id;
mod fleet_journal;
mod fleet_request;
mod fleet_scaler;
mod job_probe;
mod kind_spec;
mod launch_intent;
mod launch_request;
mod lease;
mod machine_view;
mod memory_fleet_journal;
mod observe;
mod offer_pauses;
mod orphans;
mod overrides;
mod pass;
mod pass_record;
mod placeholders;
mod plan;
mod planning;
mod pool_view;
mod reconfigure;
mod requests;
mod scaler_error;
mod scaler_parts;
mod sightings;
mod start;
mod tokens;
mod unfinished;
mod worker;

pub use admission::NotAdmitted;
pub use decider::Decider;
pub use engine_of::{bounds_of, engine_of};
pub use fleet::{Fleet, FleetPhase};
pub use fleet_batch::FleetBatch;
pub use fleet_event::{FleetEvent, NewWorker};
pub use fleet_id::{FleetId, FleetName, NoFleetName, TAG_PARENT, TAG_PARENT_SERVICE};
pub use fleet_journal::FleetJournal;
pub use fleet_request::{FleetRequest, RequestAnswer};
pub use fleet_scaler::Scaler;
pub use job_probe::{KindFate, probe_job};
pub use kind_spec::{KindSpec, KindSpecs};
pub use launch_intent::LaunchIntent;
pub use machine_view::{TAG_KIND, TAG_WORKER};
pub use memory_fleet_journal::MemoryFleetJournal;
pub use orphans::{fleet_of, orphans};
pub use overrides::Overrides;
pub use pass_record::{PassRecord, Seen};
pub use requests::Taken;
pub use scaler_error::{EngineError, ScalerError};
pub use scaler_parts::ScalerParts;
pub use worker::{Worker, WorkerPhase};
