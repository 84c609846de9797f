//! HTCondor's side of annexes: its programs, its ads, and how a pool and a cloud together tell where an annex stands.
//!
//! Each program of HTCondor is run in one place, with its arguments as they are and never through a shell.

mod ads;
mod advertise;
mod classad;
mod classad_read;
mod classad_write;
mod drain;
mod drain_order;
mod error;
mod expression;
mod htcondor;
mod jobs;
mod program;
mod slot;
mod status;
mod submit;
mod words;

pub use ads::{ANNEX_AD, INSTANCE_AD, annex_ad, instance_ads};
pub use classad::{ClassAd, Value};
pub use classad_read::{ReadError, read_ads, read_value};
pub use classad_write::{new_ads, old_ads};
pub use drain::{Asked, Draining, Patience};
pub use drain_order::{CannotPick, Pick, pick_to_drain};
pub use error::PoolError;
pub use htcondor::HTCondor;
pub use jobs::{Jobs, parse_terse};
pub use slot::Slot;
pub use status::{AnnexStatus, JOIN_GRACE, Mark, Row, SlotSummary, Stray, Strays, join};
pub use submit::Submission;
pub use words::{annex_words, instance_word};
