use super::fleet_scaler::Scaler;
use super::worker::{Worker, WorkerPhase};
use crate::batch::WorkReading;
use crate::elastic::engine::{Host, Wants};

/// The remark for the engine elastiq, which ends workers that are idle.
const NO_HOSTS: &str = "the source tells the number of waiting jobs alone, so no worker is known to be idle, and none is \
                        ended for that: let it tell \"hosts\", too, or \"running\", or take the engine queuelen";

/// The remark for the engine classad.
const NO_SLOTS: &str = "the source tells neither \"groups\" nor \"slots\", which the engine classad needs: it keeps to \
                        the minimum alone; take the engine queuelen, or elastiq";

impl Scaler {
    /// Returns a remark on what the engine needs and the source does not tell, though it answers.
    pub(super) fn untold_remark(&self, wants: Wants, work: &WorkReading) -> Option<&'static str> {
        match self.decider.name() {
            _ if self.has_pool() || !work.tells_no_machines() => None,
            "elastiq" if wants.pool && work.demand.fresh().is_some() && work.quiet.is_none() => Some(NO_HOSTS),
            "classad" if wants.slots => Some(NO_SLOTS),
            _ => None,
        }
    }

    /// Returns the fleet's workers as hosts, for an engine that asks for hosts of a source that tells numbers alone:
    /// how many jobs wait, and how many run.
    ///
    /// While one waits or runs, each worker may have it, and counts as busy. When none does, each is free. So a worker
    /// is idle for as long as all are. Where the source does not tell how many run, every worker may be busy always.
    pub(super) fn untold_hosts(&self, wants: Wants, work: &WorkReading) -> Option<Vec<Host>> {
        // A program is told what is known, and no more.
        let guesses = work.quiet.is_some() || self.decider.name() != "command";
        if !wants.pool || self.has_pool() || !work.tells_no_machines() || !guesses {
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
