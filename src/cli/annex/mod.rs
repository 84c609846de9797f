//! `hoist annex`, one command per file.

mod annex_arg;
mod central_manager;
#[cfg(feature = "aws")]
mod check_setup;
mod create;
mod delete;
mod draft;
mod drain;
mod drain_options;
mod extend;
mod files;
mod join_options;
mod lease;
mod list;
mod logs;
mod option_reader;
mod options;
mod pilot_options;
mod pilot_reader;
#[cfg(feature = "aws")]
mod policy;
mod pool_options;
mod prune;
mod release_jobs;
mod schedd_option;
#[cfg(feature = "aws")]
mod setup;
#[cfg(feature = "aws")]
mod setup_view;
mod show_change;
mod ssh;
mod status;
mod status_view;
mod submit;
mod tags;
mod update;
#[cfg(not(feature = "aws"))]
mod without_aws;

use clap::Subcommand;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist annex`.
#[derive(Subcommand, Debug)]
pub(super) enum AnnexCommand {
    #[cfg(feature = "aws")]
    Setup(setup::SetupCommand),
    #[cfg(not(feature = "aws"))]
    Setup(without_aws::WithoutAws),
    #[cfg(feature = "aws")]
    CheckSetup(check_setup::CheckSetup),
    #[cfg(not(feature = "aws"))]
    CheckSetup(without_aws::WithoutAws),
    Create(Box<create::Create>),
    Update(update::Update),
    Extend(extend::Extend),
    Status(status::Status),
    Drain(drain::Drain),
    Delete(delete::Delete),
    List(list::List),
    Logs(logs::Logs),
    Ssh(ssh::Ssh),
    Prune(prune::Prune),
    Submit(Box<submit::Submit>),
    ReleaseJobs(release_jobs::ReleaseJobs),
    #[cfg(feature = "aws")]
    Policy(policy::PolicyCommand),
    #[cfg(not(feature = "aws"))]
    Policy(without_aws::WithoutAws),
}

impl AnnexCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Setup(command) => command.run(context),
            Self::CheckSetup(command) => command.run(context),
            Self::Create(command) => command.run(context),
            Self::Update(command) => command.run(context),
            Self::Extend(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Drain(command) => command.run(context),
            Self::Delete(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Logs(command) => command.run(context),
            Self::Ssh(command) => command.run(context),
            Self::Prune(command) => command.run(context),
            Self::Submit(command) => command.run(context),
            Self::ReleaseJobs(command) => command.run(context),
            Self::Policy(command) => command.run(context),
        }
    }
}
