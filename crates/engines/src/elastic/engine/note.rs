use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::decision::Launch;
use super::limit::Limit;
use super::placement::Placement;
use super::seconds::Seconds;

/// The target of a kind of machine in a pass, with the numbers that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindTarget {
    /// The kind.
    pub kind: Arc<str>,
    /// Number of live machines.
    pub live: u64,
    /// Number of them that are on their way.
    pub coming: u64,
    /// Number of them that take no more work.
    pub draining: u64,
    /// Number of machines that waiting jobs need or that have claims.
    pub needed: u64,
    /// Number of machines that shall serve.
    pub target: u64,
    /// Number of machines that are launched.
    pub launches: u64,
}

/// A remark about a pass: the inaction that a person may ask about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case", deny_unknown_fields)]
pub enum Note {
    /// Fewer machines are launched than wanted.
    StartLimited {
        /// The word of the reason for growth.
        reason: String,
        /// Number of machines wanted.
        wanted: i64,
        /// Number of machines allowed.
        allowed: i64,
        /// The limit.
        by: Limit,
    },
    /// Idle machines stay.
    IdleKept {
        /// Number of idle machines.
        idle: i64,
        /// Number of machines that are ended.
        ended: i64,
        /// The minimum that keeps the rest.
        minimum: i64,
    },
    /// The queue is too long, but not for long enough.
    QueueWaits {
        /// Number of waiting jobs beyond those that coming machines take.
        excess: i64,
        /// Time at which that was first seen.
        since: Seconds,
        /// The waiting time that is allowed, in seconds.
        allowed: Seconds,
    },
    /// No decision in this direction.
    Held {
        /// The limit.
        by: Limit,
    },
    /// Waiting jobs that no machine of the fleet can serve are left out.
    Unservable {
        /// Their number.
        jobs: u64,
    },
    /// The configuration cannot be meant as written; it is read in the other way.
    Corrected {
        /// The setting and the reading that is used.
        setting: String,
    },
    /// A machine may not be ended: it is not known to be free.
    EndPostponed {
        /// The machine.
        machine: String,
        /// The limit.
        by: Limit,
    },
    /// The placement of a group of waiting jobs (ClassAd engine).
    Placed(Placement),
    /// Groups beyond those whose placement is told.
    PlacementsOmitted {
        /// Their number.
        groups: u64,
        /// Number of their jobs.
        jobs: u64,
    },
    /// Fewer machines of a kind are launched than wanted, by a limit of that kind or, in the ClassAd engine, any.
    KindLimited {
        /// The kind.
        kind: Arc<str>,
        /// The word of the reason for growth.
        reason: String,
        /// Number of machines wanted.
        wanted: u64,
        /// Number of machines allowed.
        allowed: u64,
        /// The first limit.
        by: Limit,
    },
    /// An offer of a kind (instance type, zone, market) is left out of launches; others go on.
    OfferLeftOut {
        /// The kind.
        kind: Arc<str>,
        /// The offer: `spot t3.small in us-east-1a`.
        offer: String,
        /// The limit.
        by: Limit,
    },
    /// The target of a kind (ClassAd engine).
    Target(KindTarget),
    /// A remark of a source of work, of the cloud, or of the user's program that decides, in its words.
    Remark {
        /// The text.
        text: String,
    },
}

impl Note {
    /// Returns the note on a launch of which a limit allows fewer machines; it tells the kind where the limit is the
    /// kind's.
    pub fn limited(launch: &Launch, allowed: u32, by: Limit) -> Self {
        let reason = launch.reason.word().unwrap_or("waiting_jobs").to_owned();
        match launch.kind.clone().filter(|_| by.is_of_kind()) {
            Some(kind) => Self::KindLimited { kind, reason, wanted: launch.count.into(), allowed: allowed.into(), by },
            None => Self::StartLimited { reason, wanted: launch.count.into(), allowed: allowed.into(), by },
        }
    }
}
