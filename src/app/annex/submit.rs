//! Submission of jobs that run on an annex only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::annex_change::Readiness;
use super::create::{CreateOutcome, CreateRequest, create_in};
use super::draft::AnnexDraft;
use super::grow::{Growth, grow};
use super::interruption::{Interruption, run_until_stopped};
use super::session::AnnexSession;
use super::submit_guard::SubmitGuard;
use crate::annex::{Annex, Dollars, target_of};
use crate::app::{CommandError, Exit, Operation};
use crate::batch::htcondor::{HTCondor, HTCondorError, Jobs, Submission};
use crate::diagnostics::Diagnostic;
use crate::plan::open_file;

/// Request to submit jobs to an annex.
pub(crate) struct SubmitRequest {
    /// Submit file of HTCondor.
    pub(crate) file: PathBuf,
    /// Further arguments of `condor_submit`.
    pub(crate) arguments: Vec<OsString>,
    /// Draft of the annex, used if none of its name exists.
    pub(crate) draft: AnnexDraft,
    /// Minimum number of instances of an existing annex; none: the current number.
    pub(crate) count: Option<u32>,
    /// Limit of the total cost of an existing annex, or the error in it.
    pub(crate) budget: Result<Option<Dollars>, Diagnostic>,
    /// Condition to wait for before the submission.
    pub(crate) wait: Readiness,
}

/// Result of [`submit`].
pub(crate) enum SubmitOutcome {
    /// The jobs are in the queue.
    Submitted {
        /// Record of the annex.
        record: Box<Annex>,
        /// Submitted jobs.
        jobs: Vec<Jobs>,
    },
    /// The user declined the annex.
    Declined,
}

/// Submits jobs to an annex, which is created or grown as needed.
///
/// # Errors
/// The file cannot be read; the annex cannot be created, or extends no pool; the jobs were not submitted; a stop was
/// requested.
pub(crate) async fn submit(operation: Operation<'_>, request: SubmitRequest) -> Result<SubmitOutcome, CommandError> {
    let SubmitRequest { file, arguments, draft, count, budget, wait } = request;
    let name = draft.spec.name.clone();
    // An unreadable submit file must not launch instances.
    if let Err(error) = open_file(&file) {
        let message = format!("cannot read {}: {error}; nothing was submitted", file.display());
        return Err(CommandError::with_exit(Exit::Usage, message));
    }
    let session = AnnexSession::new(operation)?;
    let now = Timestamp::now();
    let is_leased = |record: &Annex| record.spec.as_ref().is_some_and(|spec| spec.expires_at > now);
    let annex = match session.find_active(&name)?.filter(is_leased) {
        Some(record) => grow(&session, record, Growth { count, budget, wait, now }).await?,
        None => match create_in(&session, CreateRequest { draft, wait, dry_run: false }).await? {
            CreateOutcome::There(made) => Some(made.record),
            CreateOutcome::Shown(..) | CreateOutcome::Declined => None,
        },
    };
    let Some(record) = annex else { return Ok(SubmitOutcome::Declined) };
    if record.spec.as_ref().is_some_and(|spec| spec.joining().is_none()) {
        let message = format!("annex {name} extends no pool of HTCondor's: jobs cannot run there");
        return Err(CommandError::new(message).hint("hoist annex create without --pool-software none"));
    }
    let interruption = Interruption {
        what: &format!("annex {name} goes on by itself"),
        hints: &["the same command again reports or submits the jobs, never twice".to_owned()],
    };
    let work = submit_once(&session, &record, &file, &arguments);
    let jobs = run_until_stopped(session.user, interruption, work).await?;
    Ok(SubmitOutcome::Submitted { record: Box::new(record), jobs })
}

/// Submits the jobs unless an earlier command has done so.
async fn submit_once(
    session: &AnnexSession<'_>,
    record: &Annex,
    file: &Path,
    arguments: &[OsString],
) -> Result<Vec<Jobs>, CommandError> {
    let guard = SubmitGuard::begin(session.clouds.beside(), &record.id, file, arguments)?;
    let pool = HTCondor::new(None);
    if guard.is_begun {
        let jobs = pool.submitted(&guard.token).await?;
        if !jobs.is_empty() {
            session.user.tell("an earlier command had submitted them");
            guard.end()?;
            return Ok(jobs);
        }
    }
    let submission = Submission { file, target: target_of(&record.id.name), token: &guard.token, arguments };
    match pool.submit(&submission).await {
        Ok(jobs) => {
            guard.end()?;
            Ok(jobs)
        }
        // Nothing reached the queue.
        Err(
            error
            @ (HTCondorError::NotBound { .. } | HTCondorError::NotInstalled { .. } | HTCondorError::Unwritable(_)),
        ) => {
            guard.end()?;
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}
