//! What is done with an annex: recorded first, then asked of the cloud, then watched until it is so.
//!
//! Each of these may be cut off at any point, by a kill or by a future that is dropped: the same again goes on from
//! what is recorded. It goes on with a record that was read anew, since a line may have been written just then.

mod apply;
mod ask;
mod client_token;
mod delete;
mod drain;
mod error;
mod observe;
mod poll_policy;
mod release;
mod wait_capacity;
mod wait_for;
mod wait_stable;

use super::cloud::{AnnexCloud, AnnexLeftover, ObservedAnnex};
use super::journal::AnnexJournal;

pub use error::AnnexError;
pub use poll_policy::PollPolicy;
pub use wait_for::WaitFor;

/// Something to tell whoever waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The cloud has taken what was asked.
    Asked,
    /// The cloud was asked where the annex stands.
    Seen(ObservedAnnex),
    /// So many instances run of those that are wanted.
    Running {
        /// How many run.
        running: usize,
        /// How many there are to be.
        wanted: u32,
    },
    /// Deleting failed in part and is tried once more without these.
    DeletingAgain {
        /// What is left alone.
        retain: Vec<String>,
    },
    /// There is nothing of it, but what was asked for and never answered may still appear.
    MayAppear,
    /// This is still there.
    Remains(Vec<AnnexLeftover>),
    /// So many instances are in the pool of those that are wanted.
    Joined {
        /// How many are in it.
        joined: usize,
        /// How many there are to be.
        wanted: usize,
    },
    /// An instance takes no more jobs.
    Draining {
        /// The instance.
        instance: String,
        /// Whether the pool knows it; otherwise it has no jobs.
        is_in_pool: bool,
    },
    /// These have no jobs any more, and end.
    Released(Vec<String>),
}

/// Works on one annex.
pub struct Reconciler<'a> {
    /// Where it is.
    pub cloud: &'a dyn AnnexCloud,
    /// Where it is recorded.
    pub journal: &'a dyn AnnexJournal,
    /// Who is told of what goes on.
    pub tell: &'a (dyn Fn(&Progress) + Send + Sync),
    /// How often it looks, and for how long.
    pub pace: PollPolicy,
}
