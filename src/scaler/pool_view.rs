use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::worker::{Worker, WorkerPhase};
use crate::batch::WorkReading;
use crate::elastic::engine::{DrainOwner, Limit, MachineId, Reading, Reason};

/// Time for which a machine that had joined may be missing from the pool before it is ended: that after which HTCondor
/// gives up its jobs (`JobLeaseDuration`).
const LOST: SignedDuration = SignedDuration::from_secs(2400);

/// What the pool shows of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    claims: u32,
    slots: u64,
    /// The owner of its drain. None: the source does not tell of drains.
    drain: Option<Option<DrainOwner>>,
}

/// A reading of the pool, as far as the end of machines depends on it.
#[derive(Clone, Debug)]
pub(super) struct PoolView {
    /// When the reading was begun.
    began: Timestamp,
    shown: Result<BTreeMap<MachineId, Shown>, Limit>,
    /// Whether the source tells of no machines at all.
    untold: bool,
    /// Whether no job waits and none runs, where the source tells that.
    quiet: bool,
}

/// What a source that drains no machines tells of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    /// It has so many jobs.
    Claims(u32),
    /// The source tells of machines, and not of this one.
    Absent,
    /// No job waits and none runs.
    Quiet,
    /// The source tells of no machines.
    Nothing,
    /// The source did not answer.
    Silent(Limit),
}

/// What may be done with a machine that is to be ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It may be ended now.
    End,
    /// It is to accept no more work first.
    Drain {
        /// Whether it stays as it is when it has a claim.
        unclaimed_only: bool,
    },
    /// It is drained, and is to be told so.
    Tell,
    /// It stays, because of this limit.
    Wait(Limit),
}

/// The circumstances of a machine's end.
pub(super) struct Circumstances<'a> {
    /// When the pool confirmed the drain to this process.
    pub(super) drained_at: Option<Timestamp>,
    /// Since when the pool has not shown it, at the earliest.
    pub(super) missing_since: Timestamp,
    /// Whether the engine has judged by the pool that a missing machine may be ended.
    pub(super) judged: bool,
    /// Whether machines without a claim are ended without a drain.
    pub(super) now_mode: bool,
    pub(super) reason: &'a Reason,
}

impl PoolView {
    /// Takes the parts of a reading that was begun at `began`.
    pub(super) fn new(began: Timestamp, reading: &WorkReading) -> Self {
        let mut shown: BTreeMap<MachineId, Shown> = BTreeMap::new();
        let slots = reading.slots.fresh();
        for machine in slots.into_iter().flatten() {
            let drain = Some(machine.draining.as_ref().map(|drain| drain.by));
            let slots = machine.slots.len() as u64;
            shown.insert(machine.id.clone(), Shown { claims: machine.claims(), slots, drain });
        }
        // Where both are read, a host may be busy in a way that its slots do not tell.
        let pool = reading.pool.fresh();
        for host in pool.into_iter().flatten() {
            let unknown = Shown { claims: 0, slots: u64::from(host.slots), drain: None };
            let known = shown.entry(host.id.clone()).or_insert(unknown);
            known.claims = known.claims.max(host.busy);
        }
        let unread = |reading: &Reading<()>| limit("pool", reading);
        let shown = match (slots.is_some(), pool.is_some()) {
            (false, false) => Err(unread(&worse(&reading.slots, &reading.pool))),
            // A part that failed may hide a claim.
            (true, false) if is_failed(&reading.pool) => Err(unread(&bare(&reading.pool))),
            (false, true) if is_failed(&reading.slots) => Err(unread(&bare(&reading.slots))),
            _ => Ok(shown),
        };
        // Without an answer to the question how much waits, nothing is quiet.
        let quiet = reading.quiet == Some(true);
        Self { began, shown, untold: reading.tells_no_machines(), quiet }
    }

    /// Returns the time at which the reading was begun.
    pub(super) fn began(&self) -> Timestamp {
        self.began
    }

    /// Whether the part of the reading that tells of machines did not answer.
    pub(super) fn is_silent(&self) -> bool {
        self.shown.is_err() && !self.untold
    }

    /// Returns what the source tells of a machine's jobs.
    pub(super) fn told(&self, machine: &MachineId) -> Told {
        match &self.shown {
            Ok(shown) => shown.get(machine).map_or(Told::Absent, |shown| Told::Claims(shown.claims)),
            Err(_) if self.untold && self.quiet => Told::Quiet,
            Err(_) if self.untold => Told::Nothing,
            Err(limit) => Told::Silent(limit.clone()),
        }
    }

    /// Returns the number of slots by machine. None: there is no fresh reading.
    pub(super) fn slots(&self) -> Option<BTreeMap<MachineId, u64>> {
        let shown = self.shown.as_ref().ok()?;
        Some(shown.iter().map(|(machine, shown)| (machine.clone(), shown.slots)).collect())
    }

    /// Returns the machines that a fresh reading shows.
    pub(super) fn machines(&self) -> impl Iterator<Item = &MachineId> {
        self.shown.iter().flat_map(BTreeMap::keys)
    }

    /// Returns the number of claims that a fresh reading shows of this machine. None: it does not show the machine.
    pub(super) fn claims(&self, machine: &MachineId) -> Option<u32> {
        self.shown.as_ref().ok()?.get(machine).map(|shown| shown.claims)
    }

    /// Whether a fresh reading shows that somebody else drained this machine.
    pub(super) fn is_persons(&self, machine: &MachineId) -> bool {
        let shown = self.shown.as_ref().ok().and_then(|shown| shown.get(machine));
        shown.is_some_and(|shown| shown.drain == Some(Some(DrainOwner::Person)))
    }

    /// Whether the pool shows this machine as draining, or the source does not tell of drains. None: no fresh reading
    /// shows it.
    pub(super) fn is_draining(&self, machine: &MachineId) -> Option<bool> {
        let shown = self.shown.as_ref().ok()?.get(machine)?;
        Some(shown.drain.is_none_or(|owner| owner.is_some()))
    }

    /// Judges a machine that is to be ended; `worker` is none for one that no line of the journal names. It is ended
    /// only when this reading shows that it has no claim and, if it is in the pool, accepts none.
    pub(super) fn judge(&self, machine: &MachineId, worker: Option<&Worker>, of: &Circumstances<'_>) -> Verdict {
        let shown = match &self.shown {
            Ok(shown) => shown.get(machine),
            Err(limit) => return Verdict::Wait(limit.clone()),
        };
        let Some(shown) = shown else {
            let until = of.missing_since.saturating_add(LOST).unwrap_or(Timestamp::MAX);
            let joined = worker.is_some_and(|worker| worker.joined_at.is_some());
            return match joined && !of.judged && self.began < until {
                true => Verdict::Wait(Limit::Cooldown { until: until.as_second() }),
                false => Verdict::End,
            };
        };
        let draining = worker.is_some_and(|worker| worker.phase == WorkerPhase::Draining);
        let persons = shown.drain == Some(Some(DrainOwner::Person));
        let requested = worker.is_some_and(|worker| worker.drained_by == Some(DrainOwner::Person));
        if persons && !requested {
            return Verdict::Wait(Limit::PersonsDrain);
        }
        let closed = draining && of.drained_at.is_some_and(|at| at <= self.began);
        match (shown.claims, draining) {
            (0, _) if of.now_mode => Verdict::End,
            (0, _) if closed && shown.drain.is_none_or(|owner| owner.is_some()) => Verdict::End,
            (0, true) => Verdict::Wait(Limit::DrainUnseen),
            (0, false) => Verdict::Drain { unclaimed_only: true },
            (claims, true) => Verdict::Wait(Limit::Claimed { claims }),
            (claims, false) if of.now_mode || of.reason.is_of_idle() => Verdict::Wait(Limit::Claimed { claims }),
            (_, false) => Verdict::Drain { unclaimed_only: false },
        }
    }
}

fn is_failed<T>(reading: &Reading<T>) -> bool {
    matches!(reading, Reading::Failed { .. } | Reading::Stale { .. })
}

fn bare<T>(reading: &Reading<T>) -> Reading<()> {
    match reading {
        Reading::Fresh { .. } => Reading::Fresh { value: () },
        Reading::Stale { age, .. } => Reading::Stale { value: (), age: *age },
        Reading::Failed { reason } => Reading::Failed { reason: reason.clone() },
        Reading::Unread => Reading::Unread,
    }
}

fn worse<A, B>(one: &Reading<A>, other: &Reading<B>) -> Reading<()> {
    if matches!(one, Reading::Unread) { bare(other) } else { bare(one) }
}

fn limit(source: &str, reading: &Reading<()>) -> Limit {
    match reading {
        Reading::Stale { age, .. } => Limit::StaleReading { source: source.to_owned(), age: *age, allowed: 0 },
        _ => Limit::FailedReading { source: source.to_owned() },
    }
}
