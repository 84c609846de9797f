//! Changes of an annex: each is recorded first, then requested from the cloud, then watched until complete.
//!
//! Each operation may be cut off at any point, by a kill or by a dropped future; repeating it continues from the
//! journal. It must continue with a record that was read again, since a line may have been written just before.

mod apply;
mod ask;
mod client_token;
mod delete;
mod drain;
mod error;
mod fall_back;
mod observe;
mod poll_policy;
mod release;
mod wait_capacity;
mod wait_for;
mod wait_stable;

use super::cloud::{AnnexCloud, AnnexLeftover, ObservedAnnex, SpotShortage};
use super::join_failure::JoinFailure;
use super::journal::AnnexJournal;
use super::money::Dollars;

pub use error::AnnexError;
pub use poll_policy::PollPolicy;
pub use wait_for::WaitFor;

/// Progress to report to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The cloud has accepted the request.
    Asked,
    /// The annex's state in the cloud.
    Seen(ObservedAnnex),
    /// The number of running instances.
    Running {
        /// The running instances.
        running: usize,
        /// The desired number.
        wanted: u32,
    },
    /// Spot has no capacity for instances, which are bought on demand instead.
    FellBack {
        /// What spot lacks.
        shortage: SpotShortage,
        /// What each costs an hour, where that was said.
        price: Option<Dollars>,
    },
    /// The deletion failed in part and is tried again without these resources.
    DeletingAgain {
        /// The resources that are retained.
        retain: Vec<String>,
    },
    /// Nothing of the annex exists, but resources of an unanswered request may still appear.
    MayAppear,
    /// These resources still exist.
    Remains(Vec<AnnexLeftover>),
    /// The number of instances that joined the pool.
    Joined {
        /// The instances in the pool.
        joined: usize,
        /// The desired number.
        wanted: usize,
    },
    /// The pool does not answer now, and is waited for.
    PoolNotReachable {
        /// What HTCondor says.
        said: String,
    },
    /// An instance says or logs why it is not in the pool.
    NotJoined {
        /// The instance.
        instance: String,
        /// What it says.
        failure: JoinFailure,
    },
    /// An instance is draining.
    Draining {
        /// The instance.
        instance: String,
        /// Whether it is in the pool; otherwise it has no jobs.
        is_in_pool: bool,
    },
    /// An instance with a pilot is told to run what drains it.
    Retiring {
        /// The instance.
        instance: String,
    },
    /// These instances have no jobs any more and are being terminated.
    Released(Vec<String>),
}

/// Reconciles one annex.
pub struct Reconciler<'a> {
    /// Its cloud.
    pub cloud: &'a dyn AnnexCloud,
    /// Its journal.
    pub journal: &'a dyn AnnexJournal,
    /// The receiver of progress reports.
    pub tell: &'a (dyn Fn(&Progress) + Send + Sync),
    /// The intervals and time limits of polling.
    pub pace: PollPolicy,
}
