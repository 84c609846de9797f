//! Release of the jobs of an annex: they run elsewhere, or are removed.

use super::annex_jobs::is_living;
use super::proposals::Proposals;
use super::session::AnnexSession;
use crate::annex::{ANNEX_NAME, AnnexName, target_of};
use crate::app::{CommandError, Exit, Operation};
use crate::batch::htcondor::{HTCondor, Schedd};
use crate::diagnostics::agreeing;
use crate::report::count;

/// Request to release the jobs of an annex.
pub(crate) struct ReleaseJobsRequest {
    /// Name of the annex, which may have ended or be unknown here.
    pub(crate) name: AnnexName,
    /// The queue; none: that of HTCondor's configuration here.
    pub(crate) schedd: Option<Schedd>,
    /// Whether the jobs are removed from the queue instead of freed.
    pub(crate) removes: bool,
}

/// Result of [`release_jobs`]: the number of jobs.
pub(crate) enum ReleasedJobs {
    /// No job is bound to the annex; those that have some may have been meant.
    None(Proposals),
    /// They may run on every machine that they fit.
    Freed(u64),
    /// They are out of the queue.
    Removed(u64),
    /// The user declined.
    Declined,
}

/// Frees the jobs of an annex from it, or removes them from the queue.
///
/// # Errors
/// The queue cannot be read or changed, or nobody can be asked.
pub(crate) async fn release_jobs(
    operation: Operation<'_>,
    request: ReleaseJobsRequest,
) -> Result<ReleasedJobs, CommandError> {
    let ReleaseJobsRequest { name, schedd, removes } = request;
    let session = AnnexSession::new(operation)?;
    let queue = HTCondor::new(None).with_schedd(schedd.as_ref());
    let found = queue.bound_jobs(ANNEX_NAME, Some(name.as_str())).await?.into_iter().next();
    let Some(jobs) = found else {
        let others = queue.bound_jobs(ANNEX_NAME, None).await?;
        return Ok(ReleasedJobs::None(Proposals::of(&name, others.iter().map(|jobs| jobs.value.as_str()))));
    };
    let number = count(jobs.count(), "job");
    if session.find_active(&name)?.is_some_and(|record| is_living(&record)) {
        session.user.warn(&format!("annex {name} lives, and runs these jobs as it is"));
    }
    let question = match removes {
        true => format!("Remove {number} of annex {name} from the queue ({} running)?", jobs.running),
        false => format!(
            "Let {number} of annex {name} run on every machine that {}?",
            agreeing(jobs.count(), "it fits", "they fit")
        ),
    };
    if !session.user.confirm(&question)? {
        return Ok(ReleasedJobs::Declined);
    }
    if removes {
        queue.remove_bound(target_of(&name)).await?;
        return Ok(ReleasedJobs::Removed(jobs.count()));
    }
    let freed = queue.free(target_of(&name)).await?;
    let left = queue.bound_jobs(ANNEX_NAME, Some(name.as_str())).await?;
    if let Some(left) = left.first() {
        let message = format!(
            "{} of annex {name} {} freed, and {} {} still bound to it",
            count(freed, "job"),
            agreeing(freed, "is", "are"),
            left.count(),
            agreeing(left.count(), "is", "are")
        );
        return Err(CommandError::with_exit(Exit::Remains, message)
            .hint("the same command again; jobs of others are changed by them or by the queue's administrator"));
    }
    Ok(ReleasedJobs::Freed(freed))
}
