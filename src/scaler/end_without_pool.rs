//! The end of workers whose source of work drains none.

use jiff::{SignedDuration, Timestamp};

use super::fleet_scaler::Scaler;
use super::pool_view::{PoolView, Told, Verdict};
use super::worker::{Worker, WorkerPhase};
use crate::elastic::engine::{Limit, MachineId, Reason};

impl Scaler {
    /// Judges the end of a machine where the source drains none: by the end of its lease its own software learns that
    /// it is to accept no more work.
    ///
    /// One that is told to be busy stays until it is not. One that is told to have no job is ended by a later look that
    /// was begun after it knew. Of one of which nothing is told, also of one that had joined and is missing among those
    /// that are told, the lease is ended, too: it ends the machine itself when it has no job, and is ended at the end
    /// of the grace at the latest.
    pub(super) fn verdict_without_pool(&self, machine: &MachineId, reason: &Reason, view: &PoolView) -> Verdict {
        let by_person = matches!(reason, Reason::Requested | Reason::Stopped);
        let worker = self.fleet.workers.get(machine);
        let had_joined = worker.is_some_and(|worker| worker.joined_at.is_some());
        match (view.told(machine), worker) {
            (Told::Claims(claims @ 1..), worker) => self.verdict_on_busy(claims, worker, reason),
            // It was told to have jobs: a failed look does not end them, and `stop --now` waits for no look.
            (Told::Silent(limit), Some(_)) if self.busy.contains(machine) => Verdict::Wait(limit),
            // Of others nothing is known that a person should wait for.
            (Told::Silent(limit), _) if !by_person && !reason.is_failure() => Verdict::Wait(limit),
            (_, None) => Verdict::End,
            (Told::Absent, Some(worker)) if had_joined => self.verdict_on_unknown(true, worker, reason, view),
            (Told::Claims(_) | Told::Absent | Told::Quiet, Some(worker)) => self.verdict_on_free(worker, reason, view),
            (Told::Nothing, Some(worker)) => self.verdict_on_unknown(true, worker, reason, view),
            (Told::Silent(_), Some(worker)) => self.verdict_on_unknown(false, worker, reason, view),
        }
    }

    fn verdict_on_busy(&self, claims: u32, worker: Option<&Worker>, reason: &Reason) -> Verdict {
        let is_void = reason.is_of_idle() || reason.is_failure() || !self.leases.close();
        match worker.map(|worker| (worker.phase, worker.drained_at)) {
            Some((WorkerPhase::Draining, None)) if self.leases.close() => Verdict::Tell,
            Some((WorkerPhase::Starting | WorkerPhase::Serving, _)) if !is_void => {
                Verdict::Drain { unclaimed_only: false }
            }
            _ => Verdict::Wait(Limit::Claimed { claims }),
        }
    }

    /// Judges a worker that is told to have no job. It may be given one before it is ended, until it knows that it is
    /// to accept none.
    fn verdict_on_free(&self, worker: &Worker, reason: &Reason, view: &PoolView) -> Verdict {
        match (worker.phase, worker.drained_at) {
            _ if !self.leases.close() => Verdict::End,
            (WorkerPhase::Draining, None) => Verdict::Tell,
            (WorkerPhase::Draining, Some(at)) if self.knows_by(at) <= view.began() => Verdict::End,
            (WorkerPhase::Draining, Some(_)) => Verdict::Wait(Limit::DrainUnseen),
            _ if reason.is_failure() => Verdict::End,
            _ => Verdict::Drain { unclaimed_only: false },
        }
    }

    /// Returns the time from which a worker knows what the end of its lease was moved to at `at`.
    fn knows_by(&self, at: Timestamp) -> Timestamp {
        let notice = SignedDuration::try_from(self.cloud.capabilities().lease_notice).unwrap_or(SignedDuration::MAX);
        at.saturating_add(notice).unwrap_or(Timestamp::MAX)
    }

    /// Judges a worker that may have jobs. `known`: the source answers, and would tell of one that fails.
    fn verdict_on_unknown(&self, known: bool, worker: &Worker, reason: &Reason, view: &PoolView) -> Verdict {
        let drains = worker.phase == WorkerPhase::Draining;
        let comes = known && worker.phase == WorkerPhase::Starting;
        // An engine may miss a draining one among the hosts: it has not failed for that.
        if comes || reason.is_failure() && !drains || self.leases.grace_seconds() == 0 {
            return Verdict::End;
        }
        match (drains, self.leases.leaves_by(worker)) {
            (true, Some(until)) if until <= view.began() => Verdict::End,
            (true, Some(until)) => Verdict::Wait(Limit::MayHaveJobs { until: until.as_second() }),
            (true, None) => Verdict::Tell,
            (false, _) => Verdict::Drain { unclaimed_only: false },
        }
    }
}
