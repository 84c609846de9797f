//! `hoist annex submit`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::annex_arg::parse_name;
use super::draft::draft;
use super::option_reader::budget;
use super::options::{CloudArg, SpecOptions, WaitOptions};
use super::schedd_option::ScheddOption;
use crate::annex::AnnexId;
use crate::app::annex::{SubmitOutcome, SubmitRequest, now, submit};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::batch::htcondor::Jobs;
use crate::cli::completions::annex_names;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{SubmissionDocument, count};

/// Submit jobs that run on an annex and nowhere else
///
/// The annex is made as the options say where there is none of this name, and grows to --count where it has fewer
/// instances. The submit file is not changed. Run again after it was cut off, the same command reports what it
/// submitted before, and submits nothing twice.
///
/// A file that ends in .dag is submitted with condor_submit_dag: the jobs of its nodes run on the annex, those of its
/// sub-DAGs and splices too; DAGMan and nodes of the local universe run beside the queue.
///
/// With --schedd, jobs and their files go to a queue elsewhere, as condor_submit -remote hands them over; what they
/// make is fetched with condor_transfer_data. DAGs and interactive jobs are submitted where their queue is.
///
/// Jobs that no slot of the annex could run are refused (exit code 5), with the part of the requirements that fails.
#[derive(Args, Debug)]
pub(in crate::cli) struct Submit {
    /// The submit file of HTCondor, or a DAG file
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// The annex
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(annex_names))]
    annex: String,

    #[command(flatten)]
    options: SpecOptions,

    #[command(flatten)]
    queue: ScheddOption,

    /// How far to wait before the jobs are submitted
    #[arg(long, value_enum, default_value_t = WaitOptions::None, value_name = "FOR")]
    wait: WaitOptions,

    /// Submit jobs that no slot of the annex could run, too
    #[arg(long)]
    force: bool,

    /// Further arguments of condor_submit, such as NAME=VALUE or -interactive, or of condor_submit_dag
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

impl Submit {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let options = &self.options;
        let request = SubmitRequest {
            file: self.file.clone(),
            arguments: self.arguments.clone(),
            draft: draft(context, &parse_name(&self.annex)?, options, now()),
            count: options.count,
            budget: budget(options.budget.as_deref()),
            schedd: self.queue.schedd.clone(),
            wait: self.wait.into(),
            force: self.force,
            makes: options.pools.are_given() || options.cloud == CloudArg::Local || options.central_manager.is_some(),
        };
        match block_on(submit(context.operation(), request))?? {
            SubmitOutcome::Declined => return Ok(Exit::Failed),
            SubmitOutcome::Submitted { record, jobs } => self.show(context, &record.id, &jobs)?,
        }
        Ok(Exit::Done)
    }

    fn show(&self, context: &Context, annex: &AnnexId, jobs: &[Jobs]) -> Result<(), CommandError> {
        if context.wants_json() {
            return context.print_json(&SubmissionDocument::new(annex, &self.file, jobs));
        }
        jobs.iter().try_for_each(|Jobs { cluster, count: number }| {
            let number = count(*number, "job");
            context.print(&format!("{number} submitted to annex {} as cluster {cluster}\n", annex.name))?;
            if let Some(schedd) = &self.queue.schedd {
                let queue = schedd.arguments("-name").join(" ");
                context.tell(&format!(
                    "when they have ended, condor_transfer_data {queue} {cluster} fetches what they made"
                ));
            }
            Ok(())
        })
    }
}
