//! Leases of workers: how long they are, and when they are renewed.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::fleet::Fleet;
use super::worker::{Worker, WorkerPhase};
use crate::elastic::engine::MachineId;
use crate::elastic::fleet::WorkerLease;

/// Life of a worker on a cloud that cannot renew leases, if twice its lease is not longer.
const FIXED: SignedDuration = SignedDuration::from_hours(24);

/// Shortest grace by which a worker with jobs is told to accept no more: its ended lease must be moved in time, again
/// and again, while it has them.
const HOLDABLE: SignedDuration = SignedDuration::from_mins(2);

/// Pause after a renewal that failed.
pub(super) const RETRY: SignedDuration = SignedDuration::from_secs(30);

/// The leases of a fleet's workers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leases {
    length: SignedDuration,
    grace: SignedDuration,
    renews: bool,
    /// Whether a drain ends the lease: the source of work drains no workers.
    end_with_drain: bool,
}

impl Leases {
    pub(super) fn new(lease: &WorkerLease, renews: bool, end_with_drain: bool) -> Self {
        let signed = |duration: Duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        Self { length: signed(lease.length), grace: signed(lease.grace), renews, end_with_drain }
    }

    /// Whether the cloud renews leases. Otherwise workers have a fixed life.
    pub(super) fn renews(&self) -> bool {
        self.renews
    }

    /// Returns the time from a lease's end to the hard end, in seconds.
    pub(super) fn grace_seconds(&self) -> u64 {
        u64::try_from(self.grace.as_secs()).unwrap_or(0)
    }

    /// Returns the time from a launch to the end of accepting work, where that is fixed.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        (!self.renews).then(|| self.fixed().saturating_sub(self.grace).try_into().unwrap_or_default())
    }

    fn fixed(&self) -> SignedDuration {
        FIXED.max(self.length.saturating_add(self.grace).saturating_mul(2))
    }

    /// Returns the hard end of a lease that begins or is renewed at `now`: the machine ends then. It accepts no more
    /// work from [`WorkerLease::grace`] before.
    pub(super) fn end(&self, now: Timestamp) -> Timestamp {
        let length = if self.renews { self.length.saturating_add(self.grace) } else { self.fixed() };
        whole_seconds(now.saturating_add(length).unwrap_or(Timestamp::MAX))
    }

    /// Returns the hard end of a lease that is ended at `now`: the machine accepts no more work, and ends by then.
    pub(super) fn end_of_drained(&self, now: Timestamp) -> Timestamp {
        whole_seconds(now.saturating_add(self.grace).unwrap_or(Timestamp::MAX))
    }

    /// Whether workers learn by the ends of their leases that they are to accept no more work, and may finish what
    /// they have however long it takes.
    pub(super) fn close(&self) -> bool {
        self.renews && self.end_with_drain && self.grace >= HOLDABLE
    }

    /// Returns the time by which a worker must have left whose lease was ended by its drain.
    pub(super) fn leaves_by(&self, worker: &Worker) -> Option<Timestamp> {
        let ended = self.end_with_drain && worker.phase == WorkerPhase::Draining;
        let at = worker.drained_at.filter(|_| ended)?;
        Some(if self.renews { worker.expires_at } else { self.end_of_drained(at) })
    }

    /// Returns the shortest lease that is worth a launch.
    pub(super) fn shortest(&self) -> SignedDuration {
        self.grace.saturating_add(self.length / 4)
    }

    /// Returns the workers whose leases are renewed: to their full length, or, of those among `busy` whose leases were
    /// ended, so far that they may go on with what they have. With each is the time at which that is due: half of the
    /// length before it accepts no more work, or when a quarter of the grace is over.
    fn kept<'a>(
        &self,
        fleet: &'a Fleet,
        busy: &BTreeSet<MachineId>,
        ended: bool,
    ) -> impl Iterator<Item = (&'a MachineId, Timestamp)> {
        let left = if ended { self.grace / 4 * 3 } else { self.grace.saturating_add(self.length / 2) };
        let may = self.renews && !fleet.keeps_workers;
        let workers = fleet.workers.values().filter(move |worker| may && worker.phase.is_live());
        let kept = workers.filter(move |worker| match self.leaves_by(worker) {
            None => !ended,
            Some(_) => ended && busy.contains(&worker.id),
        });
        kept.map(move |worker| (&worker.id, worker.expires_at.saturating_sub(left).unwrap_or(Timestamp::MIN)))
    }

    /// Returns the time of the next renewal. Draining workers among `busy` have jobs.
    pub(super) fn next(&self, fleet: &Fleet, busy: &BTreeSet<MachineId>) -> Option<Timestamp> {
        [false, true].into_iter().flat_map(|ended| self.kept(fleet, busy, ended)).map(|(_, due)| due).min()
    }

    /// Returns the workers whose leases are to be renewed now, with the new hard end: all whose leases are kept, as
    /// soon as one is due, by one call; and so those that were ended of workers among `busy`.
    pub(super) fn renewable(
        &self,
        fleet: &Fleet,
        busy: &BTreeSet<MachineId>,
        now: Timestamp,
    ) -> Vec<(Vec<MachineId>, Timestamp)> {
        let until = |ended| if ended { self.end_of_drained(now) } else { self.end(now) };
        let renewable = [false, true].map(|ended| {
            let due = self.kept(fleet, busy, ended).any(|(_, due)| due <= now);
            let kept = self.kept(fleet, busy, ended).filter(|_| due).map(|(machine, _)| machine.clone());
            (kept.collect::<Vec<_>>(), until(ended))
        });
        renewable.into_iter().filter(|(machines, _)| !machines.is_empty()).collect()
    }

    /// Returns the workers with a fixed life that accepts no more work within `ahead`, and the end of that life.
    pub(super) fn ending(&self, fleet: &Fleet, ahead: SignedDuration, now: Timestamp) -> Vec<(MachineId, Timestamp)> {
        let soon = |worker: &&Worker| {
            let stops = worker.expires_at.saturating_sub(self.grace).unwrap_or(Timestamp::MIN);
            !self.renews && worker.phase <= WorkerPhase::Draining && stops.duration_since(now) <= ahead
        };
        fleet.workers.values().filter(soon).map(|worker| (worker.id.clone(), worker.expires_at)).collect()
    }
}

/// Returns the time for which a machine may cost whose lease ends at `end`, at least an hour, in seconds: without a
/// scaler it lives until then.
pub(super) fn paid_for(end: Timestamp, now: Timestamp) -> i64 {
    end.duration_since(now).as_secs().max(3600)
}

/// Cuts a time to whole seconds, which is what tags have.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
