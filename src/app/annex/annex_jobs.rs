//! The jobs of annexes in the queue.

use jiff::Timestamp;

use super::session::AnnexSession;
use crate::annex::{ANNEX_NAME, Annex, AnnexJobs, AnnexPhase, NeverJobs, machines_of, misfit};
use crate::app::{CommandError, Operation};
use crate::batch::htcondor::{BoundJobs, HTCondor, HTCondorError, IdleJobs, Schedd};

/// The most groups of idle jobs of an annex that are compared with its slots.
const COMPARED: usize = 20;

/// Counts the jobs of an annex in this queue (none: that of HTCondor's configuration here), and finds those that no
/// slot of it can run.
pub(super) async fn jobs_of(
    record: &Annex,
    pool: &HTCondor,
    schedd: Option<&Schedd>,
) -> Result<AnnexJobs, HTCondorError> {
    let name = record.id.name.as_str();
    let queue = HTCondor::new(None).with_schedd(schedd);
    let found = queue.bound_jobs(ANNEX_NAME, Some(name)).await?.into_iter().next().unwrap_or_default();
    let mut never = Vec::new();
    if !found.groups.is_empty() {
        let slots = pool.slot_ads(&machines_of(&record.id)?).await?;
        let mut groups = found.groups.clone();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups.truncate(COMPARED);
        let jobs: Vec<(u64, u64)> = groups.iter().map(|group| group.job).collect();
        let ads = queue.jobs_at(&jobs).await?;
        for IdleJobs { job: (cluster, process), count } in groups {
            // A job that has left the queue since is told no more.
            let ad = ads.get(&(cluster, process));
            if let Some(misfit) = ad.and_then(|ad| misfit(ad, &slots, true, Timestamp::now().as_second())) {
                never.push(NeverJobs { job: format!("{cluster}.{process}"), count, misfit });
            }
        }
    }
    Ok(AnnexJobs { never, ..counted(found, name, is_living(record)) })
}

/// Counts the jobs of all annexes in this queue (none: that of HTCondor's configuration here), those that have ended
/// included.
///
/// # Errors
/// The queue or the state file cannot be read.
pub(crate) async fn jobs_of_all(
    operation: Operation<'_>,
    schedd: Option<&Schedd>,
) -> Result<Vec<AnnexJobs>, CommandError> {
    let session = AnnexSession::new(operation)?;
    let living = session.active()?;
    let found = HTCondor::new(None).with_schedd(schedd).bound_jobs(ANNEX_NAME, None).await?;
    let counted = found.into_iter().map(|jobs| {
        let name = jobs.value.clone();
        let lives = living.iter().any(|record| record.id.name.as_str() == name && is_living(record));
        counted(jobs, &name, lives)
    });
    Ok(counted.collect())
}

fn counted(jobs: BoundJobs, name: &str, is_living: bool) -> AnnexJobs {
    let BoundJobs { idle, running, held, .. } = jobs;
    AnnexJobs { annex: name.to_owned(), is_living, idle, running, held, never: Vec::new() }
}

/// Whether an annex may still run jobs.
pub(super) fn is_living(record: &Annex) -> bool {
    record.stage != AnnexPhase::Ended && record.spec.as_ref().is_none_or(|spec| spec.expires_at > Timestamp::now())
}
