//! The interface of a source of work: a batch pool, or a queue.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::told_worker::ToldWorker;
use crate::elastic::engine::{Demand, Host, JobGroup, MachineId, PoolMachine, Reading, Seconds, Wants};

/// The answer of a source of work. Each part is fresh, failed, or unread when it was not wanted or the source has no
/// such thing; a failed part is never an empty one.
#[derive(Clone, Debug, Default)]
pub struct WorkReading {
    /// The waiting work.
    pub demand: Reading<Demand>,
    /// The hosts of the pool.
    pub pool: Reading<Vec<Host>>,
    /// The waiting work in groups.
    pub groups: Reading<Vec<JobGroup>>,
    /// The machines of the pool with their slots.
    pub slots: Reading<Vec<PoolMachine>>,
    /// Number of held jobs, for people. None: not told, or no jobs were wanted.
    pub held: Option<u64>,
    /// Time from which a part that failed answers by itself, where that is known: `demand`, `pool`, `groups`, `slots`.
    pub answers_from: BTreeMap<&'static str, Seconds>,
    /// Whether no job waits and none runs. None: the source does not tell how many run. It matters where the source
    /// tells of no hosts.
    pub quiet: Option<bool>,
    /// Remarks for people: a schedd that did not answer, jobs that were left out and why.
    pub remarks: Vec<String>,
}

impl WorkReading {
    /// Whether it tells of no machines: neither hosts nor slots were read.
    pub fn tells_no_machines(&self) -> bool {
        matches!((&self.pool, &self.slots), (Reading::Unread, Reading::Unread))
    }
}

/// The reason why a source could not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct SourceError {
    /// What could not be done, with whom, and why.
    pub message: String,
    /// A suggested remedy.
    pub hint: Option<String>,
}

/// A drain order for machines of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrainOrder {
    /// The machines.
    pub machines: Vec<MachineId>,
    /// Whether a machine with a claim stays as it is, which it decides itself (HTCondor: `condor_drain -check`).
    pub unclaimed_only: bool,
    /// Whether running jobs are ended at once instead of being waited for.
    pub now: bool,
    /// The mark that tells the drain from a person's (HTCondor: `-reason`).
    pub mark: Arc<str>,
    /// Whether an earlier call may have carried the order out already. It matters to pools that keep no mark.
    pub repeated: bool,
}

/// The answer of one machine to a drain order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrainAnswer {
    /// It accepts no more work.
    Drained,
    /// It has a claim and was to be drained only without one.
    Claimed,
    /// The pool does not know it.
    Absent,
    /// It could not be reached, refused, or would have ended running jobs. It is as it was.
    Failed(SourceError),
    /// The call was made and got no answer: it may accept work or not.
    Unknown(SourceError),
}

/// A source of work. Implementations: HTCondor, coalition, RabbitMQ, Redis, SQS, HTTP, a program, a file.
#[async_trait]
pub trait WorkSource: Send + Sync {
    /// Returns its label for messages: `the HTCondor pool of HOST`, `the queue NAME at URL`.
    fn label(&self) -> String;

    /// Reads what is wanted, as of `now` (seconds since 1970), and nothing else.
    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading;

    /// Reads its workers with all that it tells of each, for people. None: it tells of no workers.
    ///
    /// # Errors
    /// It did not answer.
    async fn workers(&self, now: Seconds) -> Result<Option<Vec<ToldWorker>>, SourceError> {
        let wants = Wants { pool: true, slots: self.has_pool(), ..Wants::default() };
        match self.read(wants, now).await.pool {
            Reading::Fresh { value } => Ok(Some(value.iter().map(ToldWorker::of_host).collect())),
            Reading::Failed { reason } => Err(SourceError { message: reason, hint: None }),
            Reading::Stale { .. } => {
                Err(SourceError { message: format!("{} did not answer", self.label()), hint: None })
            }
            Reading::Unread => Ok(None),
        }
    }

    /// Whether it has machines with claims, which can be drained. For others the scaler ends the lease of a worker
    /// that may have a job.
    fn has_pool(&self) -> bool {
        false
    }

    /// Whether the pool itself keeps who drained a machine, and when it joined. Where it does not, it tells of each
    /// drain as a person's, and the fleet's journal knows better.
    fn remembers_workers(&self) -> bool {
        true
    }

    /// Lets machines accept no more work; each answers by itself. What runs goes on unless `order.now`.
    async fn drain(&self, order: &DrainOrder) -> Vec<(MachineId, DrainAnswer)> {
        order.machines.iter().map(|machine| (machine.clone(), DrainAnswer::Absent)).collect()
    }

    /// Lets machines accept work again that were drained with this mark. Other drains are left alone.
    async fn cancel_drain(&self, machines: &[MachineId], _mark: &str) -> Vec<(MachineId, Result<(), SourceError>)> {
        machines.iter().map(|machine| (machine.clone(), Ok(()))).collect()
    }

    /// Makes a token with which a worker joins the pool, valid for `lifetime`; `None` if the source has no such thing.
    async fn worker_token(&self, _lifetime: Duration) -> Result<Option<SecretString>, SourceError> {
        Ok(None)
    }

    /// Tells the pool that machines are gone, so that no work is sent to them.
    async fn forget(&self, _machines: &[MachineId]) -> Result<(), SourceError> {
        Ok(())
    }
}
