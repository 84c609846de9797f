//! `hoist annex submit`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::annex_arg::parse_name;
use super::create_or_resume::{CreateOutcome, build, raise};
use super::options::{SpecOptions, WaitOptions};
use super::session::{AnnexSession, run_until_signal};
use super::submit_guard::SubmitGuard;
use crate::annex::{Annex, AnnexName, ObservedAnnex, ObservedState, target_of};
use crate::batch::htcondor::{HTCondor, HTCondorError, Jobs, Submission};
use crate::cli::completions::annex_names;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::runtime::block_on;
use crate::plan::open_file;
use crate::report::{AnnexOffer, SubmissionDocument, count};

/// Submit jobs that run on an annex and nowhere else
///
/// The annex is made as the options say where there is none of this name, and grows to --count where it has fewer
/// instances. The submit file is not changed. Run again after it was cut off, the same command reports what it
/// submitted before, and submits nothing twice.
#[derive(Args, Debug)]
pub(in crate::cli) struct Submit {
    /// The submit file of HTCondor
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// The annex
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(annex_names))]
    annex: String,

    #[command(flatten)]
    options: SpecOptions,

    /// How far to wait before the jobs are submitted
    #[arg(long, value_enum, default_value_t = WaitOptions::None, value_name = "FOR")]
    wait: WaitOptions,

    /// Further arguments of condor_submit, such as NAME=VALUE
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

impl Submit {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let name = parse_name(&self.annex)?;
        // What cannot be submitted needs no machines.
        if let Err(error) = open_file(&self.file) {
            let message = format!("cannot read {}: {error}; nothing was submitted", self.file.display());
            return Err(CommandError::with_exit(Exit::Usage, message));
        }
        let desk = AnnexSession::new(context)?;
        let Some(record) = self.annex(&desk, &name).await? else { return Ok(Exit::Failed) };
        if record.spec.as_ref().is_some_and(|spec| spec.joining().is_none()) {
            let message = format!("annex {name} extends no pool of HTCondor's: jobs cannot run there");
            return Err(CommandError::new(message).hint("hoist annex create without --pool-software none"));
        }
        let hints = ["the same command again reports or submits the jobs, never twice".to_owned()];
        let what = format!("annex {name} goes on by itself");
        let jobs = run_until_signal(context, &hints, &what, self.submit(&desk, &record)).await?;
        self.conclude(context, &name, &record, &jobs)
    }

    /// The annex that is there, made or grown where that is wanted; none when nobody wants it after all.
    async fn annex(&self, desk: &AnnexSession<'_>, name: &AnnexName) -> Result<Option<Annex>, CommandError> {
        let context = desk.context;
        let now = jiff::Timestamp::now();
        let living = desk.living(name)?.filter(|record| record.spec.as_ref().is_some_and(|spec| spec.expires_at > now));
        let Some(record) = living else {
            return match raise(desk, name, &self.options, self.wait, false).await? {
                CreateOutcome::There { record, .. } => Ok(Some(*record)),
                CreateOutcome::Shown(..) | CreateOutcome::Declined => Ok(None),
            };
        };
        // As many as were asked for may not be there any more: those without jobs end by themselves.
        let more = |record: &Annex, seen: Option<&ObservedAnnex>| {
            let is_left = seen.filter(|seen| seen.state == ObservedState::Settled).map_or(u32::MAX, |seen| seen.wanted);
            let size = record.spec.as_ref()?.count.min(is_left);
            if size == 0 && self.options.count.is_none() {
                let warn = context.message_style.warn("note:");
                context.say(&format!(
                    "{warn} annex {name} has no instances: they had no jobs, and ended; --count N brings some"
                ));
            }
            self.options.count.filter(|count| *count > size)
        };
        // Whoever cannot ask the cloud can submit jobs all the same.
        let cloud = desk.clouds.annexes(&record.place)?;
        let seen = cloud.look(&record.id, record.cloud_id.as_deref()).await.unwrap_or_default();
        if more(&record, seen.as_ref()).is_none() {
            return Ok(Some(record));
        }
        let mut held = desk.hold(&record)?;
        let Some(seen) = held.refresh().await? else { return Err(super::drain::gone(&held)) };
        let (Some(count), Some(mut spec)) = (more(&held.record, Some(&seen)), held.record.spec.clone()) else {
            return Ok(Some(held.record));
        };
        spec.count = count;
        let found = held.cloud.check(&held.record.id, &spec).await?;
        let estimate = super::preflight::estimate(&*held.cloud, &spec, now).await?;
        let budget =
            self.options.budget.as_deref().map(|text| super::spec_builder::dollars("--budget", text)).transpose();
        let mut diagnostics: Vec<_> = found.into_iter().map(super::preflight::diagnostic).collect();
        match budget {
            Ok(budget) => diagnostics.extend(super::preflight::over_budget_trouble(&spec, estimate, budget, now)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        crate::cli::diagnostics::refuse(context, &diagnostics, "nothing was changed, and nothing was submitted")?;
        let place = desk.clouds.place(&held.record.place).await?;
        context.tell(&AnnexOffer { spec: &spec, place: &place, estimate, now }.human(context.message_style));
        if !context.confirm(&format!("Let annex {name} grow to {}?", instances(count)))? {
            context.tell("nothing was changed, and nothing was submitted");
            return Ok(None);
        }
        match build(desk, held, &spec, self.wait, "updated").await? {
            CreateOutcome::There { record, .. } => Ok(Some(*record)),
            CreateOutcome::Shown(..) | CreateOutcome::Declined => Ok(None),
        }
    }

    async fn submit(&self, desk: &AnnexSession<'_>, record: &Annex) -> Result<Vec<Jobs>, CommandError> {
        let pending = SubmitGuard::begin(desk.clouds.beside(), &record.id, &self.file, &self.arguments)?;
        let pool = HTCondor::new(None);
        if pending.is_begun {
            let jobs = pool.submitted(&pending.token).await?;
            if !jobs.is_empty() {
                desk.context.tell("an earlier command had submitted them");
                pending.end()?;
                return Ok(jobs);
            }
        }
        let submission = Submission {
            file: &self.file,
            target: target_of(&record.id.name),
            token: &pending.token,
            arguments: &self.arguments,
        };
        match pool.submit(&submission).await {
            Ok(jobs) => {
                pending.end()?;
                Ok(jobs)
            }
            // Nothing reached the queue.
            Err(
                error @ (HTCondorError::NotBound { .. }
                | HTCondorError::NotInstalled { .. }
                | HTCondorError::Unwritable(_)),
            ) => {
                pending.end()?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn conclude(&self, context: &Context, name: &AnnexName, record: &Annex, jobs: &[Jobs]) -> CommandResult {
        if context.wants_json() {
            context.print_json(&SubmissionDocument::new(&record.id, &self.file, jobs))?;
            return Ok(Exit::Done);
        }
        for Jobs { cluster, count: number } in jobs {
            let number = count(usize::try_from(*number).unwrap_or(usize::MAX), "job");
            context.print(&format!("{number} submitted to annex {name} as cluster {cluster}\n"))?;
        }
        Ok(Exit::Done)
    }
}

fn instances(number: u32) -> String {
    count(number as usize, "instance")
}
