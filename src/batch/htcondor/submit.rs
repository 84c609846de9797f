//! Submits jobs that may run on some machines only.
//!
//! The submit file stays unchanged. The condition on the machines is added to each job's own requirements by
//! `APPEND_REQUIREMENTS` of HTCondor's configuration, set for this one call (HTCondor's manual, "condor_submit
//! Configuration File Macros"); a `requirements` of `-append` would replace them. Before the submission, `condor_submit
//! -dry-run` shows the jobs, and any that could evade the condition is refused.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use super::command::CondorCommand;
use super::dry_run::jobs_of;
use super::error::HTCondorError;
use super::jobs::{Jobs, parse_terse};
use super::literal::{demands, literal};
use super::queue::RIGHT;
use super::universe::IN_SLOTS;
use crate::batch::htcondor::pool::HTCondor;
use crate::classad::ClassAd;

/// The job attribute by which a submission is found again.
pub(super) const TOKEN: &str = "HoistSubmission";

/// The machines to which jobs are bound: an attribute of the machines' ads, and its value. A job carries the value as
/// `TargetATTRIBUTE`, for people and for `condor_q`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The attribute's name.
    pub attribute: &'a str,
    /// Its value, a text.
    pub value: &'a str,
}

impl Target<'_> {
    /// Returns a job's requirement on machines.
    pub(super) fn clause(&self) -> Result<String, HTCondorError> {
        Ok(format!("(TARGET.{} =?= {})", self.attribute, literal(self.value)?))
    }

    /// Returns the submit file line that sets the attribute of the job.
    fn mark(&self) -> Result<String, HTCondorError> {
        Ok(format!("MY.Target{} = {}", self.attribute, literal(self.value)?))
    }
}

/// A submission.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// The submit file, which is read several times and never changed.
    pub file: &'a Path,
    /// The machines on which the jobs run.
    pub target: Target<'a>,
    /// Letters and digits by which [`HTCondor::submitted`] finds the jobs again.
    pub token: &'a str,
    /// Further arguments of `condor_submit`, such as `NAME=VALUE`.
    pub arguments: &'a [OsString],
}

impl Submission<'_> {
    /// Whether the file is one of DAGMan's.
    pub fn is_dag(&self) -> bool {
        is_dag(self.file)
    }

    /// Whether it is an interactive job.
    pub fn is_interactive(&self) -> bool {
        is_interactive(self.arguments)
    }

    /// Returns what it is that only the queue here takes, if it is: `condor_submit -remote` hands over no DAG and gives
    /// no terminal.
    pub fn needs_own_queue(file: &Path, arguments: &[OsString]) -> Option<&'static str> {
        match (is_dag(file), is_interactive(arguments)) {
            (true, _) => Some("a DAG"),
            (false, true) => Some("an interactive job"),
            (false, false) => None,
        }
    }
}

fn is_dag(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("dag"))
}

/// Whether arguments ask for an interactive job: `-i`, `-interactive` and its shorter forms.
fn is_interactive(arguments: &[OsString]) -> bool {
    let asks = |text: &str| text.len() >= 2 && "-interactive".starts_with(text);
    arguments.iter().any(|argument| argument.to_str().is_some_and(asks))
}

impl HTCondor {
    /// Returns the jobs that a submission would make, those that are alike once. Submits nothing.
    ///
    /// # Errors
    /// `condor_submit` is missing or refuses the file; or a job could run on other machines than the target's.
    pub async fn rehearse(&self, submission: &Submission<'_>) -> Result<Vec<ClassAd>, HTCondorError> {
        let clause = submission.target.clause()?;
        let file = submission.file.display().to_string();
        let mut rehearsal = call(submission, &["-dry-run", "-"], format!("read {file}"))?;
        rehearsal.variables = self.requirements(&clause).await?;
        let output = rehearsal.end(self.search_path()).await?;
        // That of an interactive job fails when it has shown the job: it looks for it in the queue.
        let jobs = jobs_of(&output.output);
        let is_shown = submission.is_interactive() && jobs.as_ref().is_ok_and(|jobs| !jobs.is_empty());
        if !output.status.success() && !is_shown {
            return Err(rehearsal.failure(&output));
        }
        check(&output.output, &clause)
            .map_err(|why| HTCondorError::NotBound { file: file.clone(), why: why.to_string() })?;
        jobs.map_err(|error| rehearsal.unreadable(error))
    }

    /// Submits jobs that run on the target's machines only, to the queue.
    ///
    /// # Errors
    /// `condor_submit` is missing, reaches no queue or refuses the file; or a job could run elsewhere, in which case
    /// none is submitted.
    pub async fn submit(&self, submission: &Submission<'_>) -> Result<Vec<Jobs>, HTCondorError> {
        self.rehearse(submission).await?;
        self.submit_rehearsed(submission).await
    }

    /// Submits jobs that [`HTCondor::rehearse`] has found to be bound. A queue elsewhere gets their files as well, and
    /// keeps what they make until it is fetched with `condor_transfer_data`.
    ///
    /// # Errors
    /// `condor_submit` is missing, reaches no queue or refuses the file.
    pub async fn submit_rehearsed(&self, submission: &Submission<'_>) -> Result<Vec<Jobs>, HTCondorError> {
        let mut call = call(submission, &["-terse"], format!("submit {}", submission.file.display()))?;
        call.arguments.splice(0..0, self.remote_arguments().into_iter().map(OsString::from));
        call.variables = self.requirements(&submission.target.clause()?).await?;
        self.terse(&call).await
    }

    /// Runs a submission that tells its clusters.
    pub(super) async fn terse(&self, call: &CondorCommand) -> Result<Vec<Jobs>, HTCondorError> {
        let ended = call.end(self.search_path()).await?;
        if !ended.status.success() {
            return Err(call.failure(&ended));
        }
        parse_terse(&ended.output).map_err(|error| call.unreadable(error.to_string()))
    }

    /// Returns the jobs of an earlier submission that are or were in the queue; empty if it failed.
    ///
    /// # Errors
    /// `condor_q` or `condor_history` is missing or reaches no queue.
    pub async fn submitted(&self, token: &str) -> Result<Vec<Jobs>, HTCondorError> {
        let constraint = format!("{TOKEN} =?= {}", literal(token)?);
        // One that leaves the queue meanwhile is in both.
        let mut found: BTreeSet<(u64, u64)> = BTreeSet::new();
        for program in ["condor_q", "condor_history"] {
            let arguments = self.queue_arguments(["-constraint", &constraint, "-autoformat", "ClusterId", "ProcId"]);
            let call = CondorCommand::new(program, "look for jobs that were submitted", arguments);
            let ended = call.end(self.search_path()).await?;
            if !ended.status.success() {
                return Err(call.failure(&ended));
            }
            for line in ended.output.lines() {
                let numbers = line
                    .trim()
                    .split_once(' ')
                    .and_then(|(cluster, process)| Some((cluster.parse().ok()?, process.parse().ok()?)));
                found.insert(numbers.ok_or_else(|| call.unreadable(format!("\"{line}\" is no number of a job")))?);
            }
        }
        let mut all: Vec<Jobs> = Vec::new();
        for (cluster, _) in found {
            match all.last_mut().filter(|jobs| jobs.cluster == cluster) {
                Some(jobs) => jobs.count += 1,
                None => all.push(Jobs { cluster, count: 1 }),
            }
        }
        Ok(all)
    }

    /// Returns the variables that add `clause` to the jobs' requirements, keeping the additions of the pool's own
    /// configuration.
    pub(super) async fn requirements(&self, clause: &str) -> Result<Vec<(&'static str, String)>, HTCondorError> {
        let mut variables = Vec::new();
        // In the vanilla universe, the second overrides the first, if set.
        for (knob, variable, is_always_set) in [
            ("APPEND_REQUIREMENTS", "_CONDOR_APPEND_REQUIREMENTS", true),
            ("APPEND_REQ_VANILLA", "_CONDOR_APPEND_REQ_VANILLA", false),
        ] {
            match self.configured(knob).await? {
                Some(configured) => variables.push((variable, format!("({configured}) && {clause}"))),
                None if is_always_set => variables.push((variable, clause.to_owned())),
                None => {}
            }
        }
        Ok(variables)
    }
}

pub(super) fn call(
    submission: &Submission<'_>,
    options: &[&str],
    doing: String,
) -> Result<CondorCommand, HTCondorError> {
    let mut arguments: Vec<OsString> = options.iter().map(Into::into).collect();
    let token = format!("MY.{TOKEN} = {}", literal(submission.token)?);
    for command in [submission.target.mark()?, token] {
        arguments.extend(["-append".into(), command.into()]);
    }
    arguments.extend(submission.arguments.iter().cloned());
    // A bare file name that begins with a dash would be taken for an option.
    arguments.extend(["-file".into(), submission.file.into()]);
    let mut call = CondorCommand::new("condor_submit", doing, arguments);
    call.right = RIGHT;
    Ok(call)
}

/// Why jobs might run outside of the annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnboundJobs {
    /// They do not run in slots.
    #[error(
        "its jobs do not run in slots of a pool; universe must be vanilla, container, docker, java, parallel or vm"
    )]
    NoSlots,
    /// Their requirements do not include HTCondor's addition.
    #[error(
        "its jobs could run outside the annex, since they set their requirements past HTCondor's; write \"requirements = …\" \
         instead of \"+Requirements\" or \"MY.Requirements\""
    )]
    Unbound,
    /// The file has no jobs.
    #[error("no job of it says what it requires; is there a queue command?")]
    NoJobs,
}

/// Whether all jobs in the output of `-dry-run` run in slots of the target only. The output has one job in full, and
/// only the differences of the following ones.
pub(super) fn check(dry_run: &str, clause: &str) -> Result<(), UnboundJobs> {
    let mut is_bound = false;
    for (name, value) in dry_run.lines().filter_map(|line| line.split_once('=')) {
        let name = name.trim();
        if name.eq_ignore_ascii_case("JobUniverse") {
            let is_in_slots = value.trim().parse().is_ok_and(|universe| IN_SLOTS.contains(&universe));
            if !is_in_slots {
                return Err(UnboundJobs::NoSlots);
            }
        }
        if name.eq_ignore_ascii_case("Requirements") {
            if !demands(value, clause) {
                return Err(UnboundJobs::Unbound);
            }
            is_bound = true;
        }
    }
    if is_bound { Ok(()) } else { Err(UnboundJobs::NoJobs) }
}
