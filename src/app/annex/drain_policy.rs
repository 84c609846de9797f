//! Draining of instances of an annex, and termination of exactly those.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::failure::failed;
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::{AnnexTools, LockedAnnex};
use super::owner_access::OwnerAccess;
use super::pilot_drain::PilotDrain;
use crate::annex::{Annex, AnnexError, Progress};
use crate::app::{CommandError, Interaction};
use crate::batch::htcondor::{DrainReply, Draining, HTCondor, HTCondorError, Patience};

/// Number of instances told at once; each takes a local process and a query to the collector.
const AT_ONCE: usize = 8;

/// Interval at which the pool is asked which instances have left.
const PAUSE: Duration = Duration::from_secs(2);

/// Policy of a draining.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DrainPolicy {
    /// Treatment of the running jobs.
    pub(crate) how: Draining,
    /// Time limit for the jobs; none: no limit.
    pub(crate) limit: Option<Duration>,
}

impl Default for DrainPolicy {
    fn default() -> Self {
        Self { how: Draining::Peaceful, limit: None }
    }
}

impl DrainPolicy {
    /// Drains these instances and terminates each once it has no jobs; returns those that still have jobs when the time
    /// limit passes. Without a pool, they drain by their pilot's command, or are terminated at once.
    ///
    /// # Errors
    /// The pool or the cloud failed, or a stop was requested.
    pub(super) async fn drain(
        self,
        user: &dyn Interaction,
        held: &mut LockedAnnex,
        instances: &[String],
    ) -> Result<Vec<String>, CommandError> {
        let LockedAnnex { record, tools, .. } = held;
        let name = &record.id.name;
        let hints = [format!("hoist annex drain {name} goes on"), format!("hoist annex status {name} looks")];
        let what = "what was told to take no more jobs takes none, and ends with the next command";
        let work = self.empty(tools, record, instances);
        run_until_stopped(user, Interruption { what, hints: &hints }, work).await
    }

    async fn empty(
        self,
        tools: &AnnexTools,
        record: &mut Annex,
        instances: &[String],
    ) -> Result<Vec<String>, CommandError> {
        if instances.is_empty() {
            return Ok(Vec::new());
        }
        let name = record.id.name.clone();
        let wrong = |error: AnnexError| failed(&name, error);
        let work = tools.reconciler();
        work.intend_drain(record, instances).await.map_err(wrong)?;
        let pilot = record.spec.as_ref().and_then(|spec| spec.pilot()).filter(|pilot| pilot.drains()).cloned();
        if let Some(pilot) = pilot.filter(|_| self.how != Draining::Fast) {
            return PilotDrain { tools, pilot: &pilot, limit: self.limit }.run(record, instances).await;
        }
        let Some(OwnerAccess { pool, tokens }) = OwnerAccess::of(record).await? else {
            tools.tell(&Progress::Released(instances.to_vec()));
            work.release(record, instances).await.map_err(wrong)?;
            return Ok(Vec::new());
        };
        let (told, unknown) = self.tell(&pool, tools, instances).await?;
        drop(tokens);
        if !unknown.is_empty() {
            work.release(record, &unknown).await.map_err(wrong)?;
        }
        let patience = Patience { limit: self.limit, pause: PAUSE };
        let (gone, left) = mpsc::unbounded_channel();
        let wait = async move {
            // The receiver outlives this loop.
            let left = |instance: &str| drop(gone.send(instance.to_owned()));
            pool.wait_until_left(&told, patience, left).await.map_err(CommandError::from)
        };
        let end = async { release(tools, record, left).await.map_err(wrong) };
        let (still, ()) = tokio::try_join!(wait, end)?;
        Ok(still)
    }

    /// Tells all instances to accept no more jobs; returns those that have slots in the pool, and those unknown to it.
    async fn tell(
        self,
        pool: &HTCondor,
        tools: &AnnexTools,
        instances: &[String],
    ) -> Result<(Vec<String>, Vec<String>), CommandError> {
        let (mut told, mut unknown) = (Vec::new(), Vec::new());
        for some in instances.chunks(AT_ONCE) {
            let mut calls = JoinSet::new();
            for instance in some {
                let (pool, instance, how) = (pool.clone(), instance.clone(), self.how);
                calls.spawn(async move {
                    let asked = drain_or_end(&pool, &instance, how).await;
                    (instance, asked)
                });
            }
            while let Some(ended) = calls.join_next().await {
                let (instance, asked) =
                    ended.map_err(|error| CommandError::new(format!("a call broke off: {error}")))?;
                let is_in_pool = asked? == DrainReply::Told;
                tools.tell(&Progress::Draining { instance: instance.clone(), is_in_pool });
                if is_in_pool { told.push(instance) } else { unknown.push(instance) }
            }
        }
        Ok((told, unknown))
    }
}

/// Tells an instance to drain. One that refuses and has no claimed slot counts as unknown to the pool: it is ended
/// without being drained.
async fn drain_or_end(pool: &HTCondor, instance: &str, how: Draining) -> Result<DrainReply, HTCondorError> {
    match pool.drain(instance, how).await {
        Err(refused @ HTCondorError::NotAuthorised { .. }) => match pool.is_claimed(instance).await {
            Ok(false) => Ok(DrainReply::NotInPool),
            _ => Err(refused),
        },
        reply => reply,
    }
}

/// Terminates instances as they leave the pool; those that left in the meantime go in one call.
async fn release(
    tools: &AnnexTools,
    record: &mut Annex,
    mut left: mpsc::UnboundedReceiver<String>,
) -> Result<(), AnnexError> {
    while let Some(first) = left.recv().await {
        let mut some = vec![first];
        while let Ok(more) = left.try_recv() {
            some.push(more);
        }
        tools.tell(&Progress::Released(some.clone()));
        tools.reconciler().release(record, &some).await?;
    }
    Ok(())
}
