//! The end of workers whose source of work drains none.

use super::fleet_scaler::Scaler;
use super::pool_view::{PoolView, Told, Verdict};
use super::worker::WorkerPhase;
use crate::elastic::engine::{Limit, MachineId, Reason};

impl Scaler {
    /// Judges the end of a machine where the source drains none.
    ///
    /// A machine that is told to be busy stays. Of one of which nothing is told, also of one that had joined and is
    /// missing among those that are told, the lease is ended first: its own software accepts no more work from then on
    /// and ends the machine when it has none. It is ended at the end of the grace at the latest, and at once when the
    /// source tells that nothing runs at all.
    pub(super) fn verdict_without_pool(&self, machine: &MachineId, reason: &Reason, view: &PoolView) -> Verdict {
        let by_person = matches!(reason, Reason::Requested | Reason::Stopped);
        let had_joined = self.fleet.workers.get(machine).is_some_and(|worker| worker.joined_at.is_some());
        let known = match view.told(machine) {
            Told::Claims(claims @ 1..) => return Verdict::Wait(Limit::Claimed { claims }),
            Told::Absent if had_joined => true,
            Told::Claims(0) | Told::Absent | Told::Quiet => return Verdict::End,
            // A person must not wait for a source that never answers again.
            Told::Silent(limit) if !by_person && !reason.is_failure() => return Verdict::Wait(limit),
            Told::Silent(_) => false,
            Told::Nothing => true,
        };
        let Some(worker) = self.fleet.workers.get(machine) else { return Verdict::End };
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
