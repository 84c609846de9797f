//! Emptying instances of an annex and ending exactly those.

use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::failure::failed;
use super::session::{LockedAnnex, pool_of};
use crate::annex::{Annex, AnnexError, Reconciler};
use crate::app::CommandError;
use crate::batch::htcondor::{DrainReply, Draining, HTCondor, Patience};
use crate::diagnostics::Diagnostic;
use crate::plan::Lease;

/// How many instances are told at once: each is a process here and a question to the collector.
const AT_ONCE: usize = 8;

/// How often the pool is asked who has left.
const PAUSE: Duration = Duration::from_secs(2);

/// How instances are emptied.
#[derive(Args, Debug, Clone)]
pub(super) struct DrainOptions {
    /// What becomes of the jobs that run there
    #[arg(long, value_enum, default_value_t = DrainMode::Peaceful, value_name = "HOW")]
    how: DrainMode,

    /// How long to wait for them, such as 2h; those that still have jobs then go on draining [default: as long as it
    /// takes]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
}

/// What becomes of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DrainMode {
    /// They end by themselves, however long they take
    Peaceful,
    /// They have the time that the pool grants, and begin anew elsewhere
    Graceful,
    /// They begin anew elsewhere at once
    Fast,
}

/// How instances are emptied, as it is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct DrainPolicy {
    how: Draining,
    limit: Option<Duration>,
}

impl DrainOptions {
    pub(super) fn meant(&self) -> Result<DrainPolicy, Diagnostic> {
        let limit = match self.timeout.as_deref().map(str::parse) {
            None => None,
            Some(Ok(Lease::For(limit))) => Some(limit),
            Some(_) => {
                let text = self.timeout.as_deref().unwrap_or_default();
                let message = format!("--timeout: \"{}\" is no length; write 30m or 2h", text.escape_debug());
                return Err(Diagnostic::usage(message));
            }
        };
        let how = match self.how {
            DrainMode::Peaceful => Draining::Peaceful,
            DrainMode::Graceful => Draining::Graceful,
            DrainMode::Fast => Draining::Fast,
        };
        Ok(DrainPolicy { how, limit })
    }
}

impl DrainPolicy {
    /// Empties these instances and ends each as it has no jobs; gives those that still have some when the time is over.
    /// Where there is no pool, they end at once.
    pub(super) async fn drain(self, held: &mut LockedAnnex, instances: &[String]) -> Result<Vec<String>, CommandError> {
        if instances.is_empty() {
            return Ok(Vec::new());
        }
        let mut record = held.record.clone();
        let drained = self.work(held, &mut record, instances).await;
        held.record = record;
        drained
    }

    async fn work(
        self,
        held: &LockedAnnex,
        record: &mut Annex,
        instances: &[String],
    ) -> Result<Vec<String>, CommandError> {
        let name = record.id.name.clone();
        let wrong = |error: AnnexError| failed(&name, error);
        let tools = held.tools();
        let work = tools.work();
        work.intend_drain(record, instances).await.map_err(wrong)?;
        let Some(pool) = pool_of(record) else {
            held.progress.released(instances);
            work.release(record, instances).await.map_err(wrong)?;
            return Ok(Vec::new());
        };
        let (told, unknown) = self.tell(&pool, held, instances).await?;
        if !unknown.is_empty() {
            work.release(record, &unknown).await.map_err(wrong)?;
        }
        let patience = Patience { limit: self.limit, pause: PAUSE };
        let (gone, left) = mpsc::unbounded_channel();
        let wait = async move {
            // Whoever listens listens for longer than this lasts.
            let left = |instance: &str| drop(gone.send(instance.to_owned()));
            pool.wait_until_left(&told, patience, left).await.map_err(CommandError::from)
        };
        let end = async { release(&work, held, record, left).await.map_err(wrong) };
        let (still, ()) = tokio::try_join!(wait, end)?;
        Ok(still)
    }

    /// Tells them all to take no more jobs; gives those that have slots in the pool, and those that it does not know.
    async fn tell(
        self,
        pool: &HTCondor,
        held: &LockedAnnex,
        instances: &[String],
    ) -> Result<(Vec<String>, Vec<String>), CommandError> {
        let (mut told, mut unknown) = (Vec::new(), Vec::new());
        for some in instances.chunks(AT_ONCE) {
            let mut calls = JoinSet::new();
            for instance in some {
                let (pool, instance, how) = (pool.clone(), instance.clone(), self.how);
                calls.spawn(async move {
                    let asked = pool.drain(&instance, how).await;
                    (instance, asked)
                });
            }
            while let Some(ended) = calls.join_next().await {
                let (instance, asked) =
                    ended.map_err(|error| CommandError::new(format!("a call broke off: {error}")))?;
                let is_in_pool = asked? == DrainReply::Told;
                held.progress.draining(&instance, is_in_pool);
                if is_in_pool { told.push(instance) } else { unknown.push(instance) }
            }
        }
        Ok((told, unknown))
    }
}

/// Ends instances as they leave the pool, all that have left meanwhile at once.
async fn release(
    work: &Reconciler<'_>,
    held: &LockedAnnex,
    record: &mut Annex,
    mut left: mpsc::UnboundedReceiver<String>,
) -> Result<(), AnnexError> {
    while let Some(first) = left.recv().await {
        let mut some = vec![first];
        while let Ok(more) = left.try_recv() {
            some.push(more);
        }
        held.progress.released(&some);
        work.release(record, &some).await?;
    }
    Ok(())
}
