//! `hoist plan`: one command a file.

mod boot;
mod clean;
mod consent;
mod dry_run;
mod history;
mod import;
mod list;
mod logs;
mod pin_provider;
mod plan_args;
mod preflight;
mod prerequisites;
mod prune;
mod reboot;
mod reload;
mod repair;
mod resume;
mod session;
mod show;
mod status;
mod terminate;
mod terminate_ended;
mod terminate_instances;
mod user_data;
mod validate;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

pub(super) use self::boot::{BootedRun, raise_file};
use super::completions::run_names;
use super::context::Context;
use super::exit::CommandResult;
use crate::engine::DEFAULT_MAX_CONCURRENCY;

/// The commands of `hoist plan`.
#[derive(Subcommand, Debug)]
pub(super) enum PlanCommand {
    Validate(validate::Validate),
    Show(show::Show),
    Import(import::Import),
    Boot(boot::Boot),
    Resume(resume::Resume),
    Status(status::Status),
    Repair(repair::Repair),
    Reload(reload::Reload),
    Reboot(reboot::Reboot),
    Terminate(terminate::Terminate),
    History(history::History),
    Clean(clean::Clean),
    Prune(prune::Prune),
    List(list::List),
    Logs(logs::Logs),
}

impl PlanCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Validate(command) => command.run(context),
            Self::Show(command) => command.run(context),
            Self::Import(command) => command.run(context),
            Self::Boot(command) => command.run(context),
            Self::Resume(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Repair(command) => command.run(context),
            Self::Reload(command) => command.run(context),
            Self::Reboot(command) => command.run(context),
            Self::Terminate(command) => command.run(context),
            Self::History(command) => command.run(context),
            Self::Clean(command) => command.run(context),
            Self::Prune(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Logs(command) => command.run(context),
        }
    }
}

/// The run that a command works on.
#[derive(Args, Debug)]
pub(super) struct RunName {
    /// The run's name, or its id, which earlier runs of a name are known by (plan list --all)
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(run_names))]
    name: String,
}

/// How a command that changes a run works.
#[derive(Args, Debug, Clone)]
pub(super) struct Drive {
    /// The most programs and calls at once
    #[arg(long, value_name = "N", default_value_t = DEFAULT_MAX_CONCURRENCY as u32, value_parser = clap::value_parser!(u32).range(1..))]
    max_concurrency: u32,

    /// A file of faults, to see how the plan takes them: slow starts, no capacity, lost replies, failing programs,
    /// dying instances
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    rehearse: Option<std::path::PathBuf>,
}
