use super::fleet_scaler::Scaler;
use super::worker::{Worker, WorkerPhase};
use crate::batch::WorkReading;
use crate::elastic::engine::{Host, Reading, Wants};

impl Scaler {
    /// Returns the fleet's workers as hosts, for an engine that asks for hosts of a source that tells numbers alone:
    /// how many jobs wait, and how many run.
    ///
    /// While one waits or runs, each worker may have it, and counts as busy. When none does, each is free. So a worker
    /// is idle for as long as all are. Where the source does not tell how many run, every worker may be busy always.
    pub(super) fn untold_hosts(&self, wants: Wants, work: &WorkReading) -> Option<Vec<Host>> {
        let untold = matches!((&work.pool, &work.slots), (Reading::Unread, Reading::Unread));
        // A program is told what is known, and no more.
        let guesses = work.quiet.is_some() || self.decider.name() != "command";
        if !wants.pool || self.has_pool() || !untold || !guesses {
            return None;
        }
        let quiet = work.quiet == Some(true);
        let serving = self.fleet.workers.values().filter(|worker| worker.phase == WorkerPhase::Serving);
        let host = |worker: &Worker| Host {
            id: worker.id.clone(),
            busy: u32::from(!quiet),
            slots: 1,
            joined_at: worker.phase_since.as_second(),
            idle_since: None,
            silent: false,
        };
        Some(serving.map(host).collect())
    }
}
