//! HTCondor's side of annexes: its programs, its ads, and how a pool and a cloud together tell where an annex stands.
//!
//! Each program of HTCondor is run in one place, with its arguments as they are and never through a shell.

mod advertise;
mod annex_ads;
mod classad;
mod classad_expr;
mod classad_read;
mod classad_write;
mod command;
mod drain;
mod drain_candidates;
mod error;
mod htcondor;
mod jobs;
mod slot;
mod state_names;
mod status;
mod submit;

pub use annex_ads::{ANNEX_AD, INSTANCE_AD, annex_ad, instance_ads};
pub use classad::{ClassAd, ClassAdValue};
pub use classad_read::{ReadError, read_ads, read_value};
pub use classad_write::{new_ads, old_ads};
pub use drain::{DrainReply, Draining, Patience};
pub use drain_candidates::{CannotPick, DrainChoice, pick_to_drain};
pub use error::HTCondorError;
pub use htcondor::HTCondor;
pub use jobs::{Jobs, parse_terse};
pub use slot::Slot;
pub use state_names::{annex_words, instance_word};
pub use status::{AnnexStatus, JOIN_GRACE, MemberIssue, Row, SlotSummary, Strays, UnknownSlot, join};
pub use submit::Submission;
