//! Submission of jobs that run on an annex only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::annex_change::Readiness;
use super::annex_queue::AnnexQueue;
use super::create::{CreateOutcome, CreateRequest, create_in};
use super::draft::AnnexDraft;
use super::grow::{Growth, grow};
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::pool_of;
use super::proposals::Proposals;
use super::session::AnnexSession;
use super::submit_guard::SubmitGuard;
use crate::annex::{Annex, AnnexName, Dollars, JobMisfit, machines_of, misfit, target_of};
use crate::app::{CommandError, Exit, Operation};
use crate::batch::htcondor::{HTCondorError, Jobs, Schedd, Submission};
use crate::classad::ClassAd;
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
    /// The queue; none: that of HTCondor's configuration here.
    pub(crate) schedd: Option<Schedd>,
    /// Condition to wait for before the submission.
    pub(crate) wait: Readiness,
    /// Whether jobs are submitted that no slot of the annex could run.
    pub(crate) force: bool,
    /// Whether the request says what an annex is to be that is made where none has this name.
    pub(crate) makes: bool,
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
    let SubmitRequest { file, arguments, draft, count, budget, schedd, wait, force, makes } = request;
    let name = draft.spec.name.clone();
    // An unreadable submit file must not launch instances.
    if let Err(error) = open_file(&file) {
        let message = format!("cannot read {}: {error}; nothing was submitted", file.display());
        return Err(CommandError::with_exit(Exit::Usage, message));
    }
    let session = AnnexSession::new(operation)?;
    let queue = AnnexQueue::of(schedd, (&file, &arguments)).await?;
    let now = Timestamp::now();
    let is_leased = |record: &Annex| record.spec.as_ref().is_some_and(|spec| spec.expires_at > now);
    let there = session.find_active(&name)?;
    if there.is_none() && !makes {
        refuse_slip(&session, &name)?;
    }
    let there = there.filter(is_leased);
    queue.check_owner(there.as_ref().map_or(Some(&draft.spec), |record| record.spec.as_ref()))?;
    let annex = match there {
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
    let work = submit_once(&session, &record, &queue, (&file, &arguments), force);
    let jobs = run_until_stopped(session.user, interruption, work).await?;
    Ok(SubmitOutcome::Submitted { record: Box::new(record), jobs })
}

/// Submits the jobs unless an earlier command has done so.
async fn submit_once(
    session: &AnnexSession<'_>,
    record: &Annex,
    queue: &AnnexQueue,
    (file, arguments): (&Path, &[OsString]),
    force: bool,
) -> Result<Vec<Jobs>, CommandError> {
    let guard = SubmitGuard::begin(session.clouds.beside(), &record.id, file, &queue.told(arguments))?;
    let pool = &queue.htcondor;
    if guard.is_begun {
        let jobs = pool.submitted(&guard.token).await?;
        if !jobs.is_empty() {
            session.user.tell("an earlier command had submitted them");
            guard.end()?;
            return Ok(jobs);
        }
    }
    let submission = Submission { file, target: target_of(&record.id.name), token: &guard.token, arguments };
    let rehearsed = match submission.is_dag() {
        true => pool.rehearse_dag(&submission).await,
        false => pool.rehearse(&submission).await,
    };
    let checked = match rehearsed {
        Ok(jobs) if !force => check_fit(record, &jobs, session, &queue.user).await,
        Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = checked {
        // Nothing reached the queue.
        guard.end()?;
        return Err(error);
    }
    if submission.is_interactive() && !submission.is_dag() {
        let ran = pool.submit_interactive(&submission).await;
        let jobs = pool.submitted(&guard.token).await?;
        guard.end()?;
        return ran.map(|()| jobs).map_err(CommandError::from);
    }
    let submitted = match submission.is_dag() {
        true => pool.submit_dag(&submission).await,
        false => pool.submit_rehearsed(&submission).await,
    };
    match submitted {
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

/// Refuses jobs that no slot of the annex could run. Where no slot is in the pool yet, or the pool does not answer,
/// nothing is refused on a guess.
async fn check_fit(
    record: &Annex,
    jobs: &[ClassAd],
    session: &AnnexSession<'_>,
    user: &str,
) -> Result<(), CommandError> {
    let Some(pool) = pool_of(record) else { return Ok(()) };
    let name = &record.id.name;
    let slots = match pool.slot_ads(&machines_of(&record.id)?).await {
        Ok(slots) => slots,
        Err(error) => {
            session.user.tell(&format!("whether the jobs fit the annex's slots is not known: {error}"));
            return Ok(());
        }
    };
    if slots.is_empty() {
        session.user.tell(&format!(
            "annex {name} has no slot in the pool yet; `hoist annex status {name}` tells which jobs fit none"
        ));
    }
    let now = Timestamp::now().as_second();
    let misfits = jobs.iter().filter_map(|job| {
        let owned = job.clone().with("Owner", user);
        misfit(&owned, &slots, false, now)
    });
    let Some(first) = misfits.into_iter().next() else { return Ok(()) };
    let JobMisfit { of_job, clause, values, remedy } = first;
    let read: Vec<String> = values.iter().map(|(name, value)| format!("{name} is {value}")).collect();
    let whose = if of_job { "the job requires" } else { "the slots take jobs with" };
    let message = format!(
        "no slot of annex {name} could run this job: {whose} {clause}, and {}; nothing was submitted",
        if read.is_empty() { "that is never so".to_owned() } else { read.join(", ") }
    );
    let mut error = CommandError::with_exit(Exit::Refused, message);
    if let Some(remedy) = remedy {
        error = error.hint(remedy);
    }
    Err(error.hint("--force submits it all the same"))
}

/// Refuses a name of no annex, and names those that there are.
fn refuse_slip(session: &AnnexSession<'_>, name: &AnnexName) -> Result<(), CommandError> {
    let active = session.active()?;
    let Proposals { listed, question } = Proposals::of(name, active.iter().map(|record| record.id.name.as_str()));
    let others = listed.map_or_else(|| "none lives".to_owned(), |listed| format!("there are: {listed}"));
    let message = format!("there is no annex {name}, and no option says what it is to be; {others}");
    let error = CommandError::with_exit(Exit::Usage, message).hints(question);
    Err(error.hint("--pool … makes one of this name"))
}
