//! The scaler of a fleet: observes, lets an engine decide, records, acts, and records again.
//!
//! It reaches clouds, queues and stores through traits, and knows no implementation of them. [`Fleet`] is what the
//! journal's lines amount to; nothing is launched, drained or ended before its intent is a line.

mod admission;
mod fleet;
mod fleet_batch;
mod fleet_event;
mod fleet_id;
mod fleet_journal;
mod fleet_request;
mod launch_intent;
mod memory_fleet_journal;
mod orphans;
mod overrides;
mod pass_record;
mod worker;

pub use admission::NotAdmitted;
pub use fleet::{Fleet, FleetPhase};
pub use fleet_batch::FleetBatch;
pub use fleet_event::{FleetEvent, NewWorker};
pub use fleet_id::{FleetId, FleetName, NoFleetName, TAG_PARENT};
pub use fleet_journal::FleetJournal;
pub use fleet_request::{FleetRequest, RequestAnswer};
pub use launch_intent::LaunchIntent;
pub use memory_fleet_journal::MemoryFleetJournal;
pub use orphans::{fleet_of, orphans};
pub use overrides::Overrides;
pub use pass_record::{PassRecord, Seen};
pub use worker::{Worker, WorkerPhase};

pub use crate::provider::TAG_FLEET;
