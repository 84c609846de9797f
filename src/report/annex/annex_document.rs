//! The document of an annex's status.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use super::annex_jobs_document::AnnexJobsView;
use crate::annex::{
    Annex, AnnexJobs, AnnexName, AnnexPhase, AnnexStatus, Dollars, JoinFailure, MemberIssue, Row, SlotSummary,
    UnknownSlot, annex_words, instance_word,
};
use crate::report::schema_version::SchemaVersion;
use crate::report::time::age;

/// The document of `hoist annex status NAME`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexDocument<'a> {
    #[serde(flatten)]
    observed: ObservedAnnexView<'a>,
    /// Where it stands by the record.
    recorded: AnnexPhase,
    /// What was begun and not seen through, with the command that goes on.
    unfinished: Option<String>,
    /// Instances that take no more jobs.
    draining: &'a [String],
    /// Its jobs in the queue here; null where the queue was not asked, or did not answer.
    jobs: Option<AnnexJobsView<'a>>,
}

/// An annex as its cloud and its pool have it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ObservedAnnexView<'a> {
    schema: SchemaVersion,
    /// Its name.
    annex: &'a AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// `changing`, `settled`, `failed`, `deleting` or `delete-failed`.
    state: &'static str,
    /// Why it failed, or what has failed already in a change that is under way.
    reason: Option<String>,
    /// How many instances it is to have.
    wanted: u32,
    /// When its lease ends.
    expires_at: Option<Timestamp>,
    /// How many seconds that is from now; 0 where it is over.
    lease_left_seconds: Option<i64>,
    /// When both were asked.
    observed_at: Timestamp,
    /// Whether the instances are to join a pool, and the pool was asked.
    pool_asked: bool,
    /// How many instances are late in the pool, and were not asked why: only so many are at a time.
    late_unasked: usize,
    /// What the disks of its living instances cost an hour together, in US dollars; null where that is not known.
    disks_per_hour: Option<Dollars>,
    /// In the order of their ids.
    instances: Vec<AnnexInstanceView<'a>>,
    /// Machines that the pool takes for some of the annex and the cloud does not.
    strays: Vec<StrayView<'a>>,
}

/// An instance of an annex.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexInstanceView<'a> {
    /// Its id.
    id: &'a str,
    /// Where it is in its life.
    state: &'static str,
    /// Which of the annex's groups it is of, from 0.
    pool: usize,
    /// Its size.
    instance_type: Option<&'a str>,
    /// Its availability zone.
    zone: Option<&'a str>,
    /// Whether it is spot capacity.
    spot: bool,
    /// What it costs an hour without its disk, in US dollars: on spot capacity at present, on demand what was said.
    price_per_hour: Option<Dollars>,
    /// Its address inside its network.
    private_address: Option<&'a str>,
    /// The address by which it is reached.
    address: Option<&'a str>,
    /// When it was launched.
    launched_at: Timestamp,
    /// How old it is, in seconds.
    age_seconds: u64,
    /// How many seconds the annex's lease has left.
    lease_left_seconds: Option<i64>,
    /// Its slots; null where it has none.
    slots: Option<SlotsView<'a>>,
    /// `not-joined` where the pool should know it by now and does not, `gone` where it has ended and the pool still has
    /// slots of it, `astray` where it carries the annex's tag and is in none of its groups.
    mark: Option<&'static str>,
    /// Why it is not in the pool, where it runs for a while, the pool was asked, and the instance tells; of a few only.
    join_failure: Option<JoinFailureView<'a>>,
}

/// Why an instance is not in its pool.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JoinFailureView<'a> {
    /// `not-allowed`, `not-authenticated`, `not-resolved`, `not-reachable-now`, `not-configured` or `other`.
    kind: &'static str,
    /// What the instance says or logs.
    said: &'a str,
}

/// A machine that the pool takes for one of the annex and the cloud does not.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StrayView<'a> {
    /// The id that it gives itself.
    instance: Option<&'a str>,
    /// Its address.
    address: Option<IpAddr>,
    /// Its slots.
    slots: SlotsView<'a>,
    /// `astray`.
    mark: &'static str,
}

/// The slots of one machine.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlotsView<'a> {
    /// Their names.
    names: &'a [String],
    /// How many there are, without those that have nothing left to give.
    count: usize,
    /// How many of them belong to jobs.
    claimed: usize,
    /// The state that tells most of the machine, in HTCondor's words.
    state: &'a str,
    /// What that slot does, in HTCondor's words.
    activity: &'a str,
    /// Since when all of them are without a job; null where one has a job, or where nobody said it.
    idle_since: Option<Timestamp>,
}

impl<'a> AnnexDocument<'a> {
    /// Creates the document from the status and the record; `unfinished` describes an unfinished change.
    pub fn new(status: &'a AnnexStatus, record: &'a Annex, unfinished: Option<String>) -> Self {
        let observed = ObservedAnnexView::of(status);
        Self { observed, recorded: record.stage, unfinished, draining: &record.draining, jobs: None }
    }

    /// Adds the jobs in the queue.
    #[must_use]
    pub fn with_jobs(self, jobs: Option<&'a AnnexJobs>) -> Self {
        Self { jobs: jobs.map(AnnexJobsView::of), ..self }
    }
}

impl<'a> ObservedAnnexView<'a> {
    /// Creates the document from the status only.
    pub(super) fn of(status: &'a AnnexStatus) -> Self {
        let (state, reason) = annex_words(&status.seen.state);
        let reason = reason.or_else(|| status.seen.trouble.clone());
        let left = status.seen.expires_at.map(|end| (end.as_second() - status.now.as_second()).max(0));
        Self {
            schema: SchemaVersion,
            annex: &status.id.name,
            tag: status.id.tag(),
            state,
            reason,
            wanted: status.seen.wanted,
            expires_at: status.seen.expires_at,
            lease_left_seconds: left,
            observed_at: status.now,
            pool_asked: status.is_pool_known,
            late_unasked: status.late_unasked,
            disks_per_hour: status.disks,
            instances: status.rows.iter().map(|row| AnnexInstanceView::of(row, status.now, left)).collect(),
            strays: status.strays.iter().map(StrayView::of).collect(),
        }
    }
}

impl<'a> AnnexInstanceView<'a> {
    fn of(row: &'a Row, now: Timestamp, lease_left_seconds: Option<i64>) -> Self {
        let instance = &row.instance;
        Self {
            id: &instance.id,
            state: instance_word(instance.state),
            pool: instance.pool,
            instance_type: instance.instance_type.as_deref(),
            zone: instance.zone.as_deref(),
            spot: instance.spot,
            price_per_hour: instance.price,
            private_address: instance.private_address.as_deref(),
            address: instance.address.as_deref(),
            launched_at: instance.launched_at,
            age_seconds: age(instance.launched_at, now).as_secs(),
            lease_left_seconds,
            slots: row.slots.as_ref().map(SlotsView::of),
            mark: row.mark.map(MemberIssue::as_str),
            join_failure: row.failure.as_ref().map(JoinFailureView::of),
        }
    }
}

impl<'a> JoinFailureView<'a> {
    /// Creates the view of a failure.
    pub(super) fn of(failure: &'a JoinFailure) -> Self {
        Self { kind: failure.kind.as_str(), said: &failure.said }
    }
}

impl<'a> StrayView<'a> {
    fn of(stray: &'a UnknownSlot) -> Self {
        let slots = SlotsView::of(&stray.slots);
        Self { instance: stray.instance.as_deref(), address: stray.address, slots, mark: "astray" }
    }
}

impl<'a> SlotsView<'a> {
    fn of(slots: &'a SlotSummary) -> Self {
        Self {
            names: &slots.names,
            count: slots.count,
            claimed: slots.claimed,
            state: &slots.state,
            activity: &slots.activity,
            idle_since: slots.idle_since,
        }
    }
}
