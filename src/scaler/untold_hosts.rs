use super::fleet_scaler::Scaler;
use super::worker::{Worker, WorkerPhase};
use crate::batch::WorkReading;
use crate::elastic::engine::{Host, Reading, Wants};

impl Scaler {
    /// Returns the fleet's workers as hosts, for an engine that asks for hosts of a source that tells numbers alone:
    /// how many jobs wait, and how many run.
    ///
    /// While one waits or runs, each worker may have it, and counts as busy. When none does, each is free. So a worker
    /// is idle for as long as all are. A source that does not tell how many run tells of no hosts.
    pub(super) fn untold_hosts(&self, wants: Wants, work: &WorkReading) -> Option<Vec<Host>> {
        let quiet = work.quiet.filter(|_| wants.pool && !self.has_pool() && matches!(work.pool, Reading::Unread))?;
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
