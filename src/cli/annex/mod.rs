//! `hoist annex`: one command a file.

mod account;
mod advertise;
mod annex_arg;
mod central_manager;
mod check_setup;
mod create;
mod create_or_resume;
mod delete;
mod drain;
mod drain_members;
mod existing;
mod extend;
mod failure;
mod files;
mod health;
mod lease;
mod list;
mod observe;
mod options;
mod policy;
mod pool_options;
mod preflight;
mod prune;
mod session;
mod setup;
mod spec_builder;
mod status;
mod submit;
mod submit_guard;
mod summary;
mod tags;
mod update;
mod wait_pool;

use clap::Subcommand;

pub(super) use self::account::set_up;
use super::context::Context;
use super::exit::CommandResult;

/// The commands of `hoist annex`.
#[derive(Subcommand, Debug)]
pub(super) enum AnnexCommand {
    Setup(setup::SetupCommand),
    CheckSetup(check_setup::CheckSetup),
    Create(Box<create::Create>),
    Update(update::Update),
    Extend(extend::Extend),
    Status(status::Status),
    Drain(drain::Drain),
    Delete(delete::Delete),
    List(list::List),
    Prune(prune::Prune),
    Submit(Box<submit::Submit>),
    Policy(policy::PolicyCommand),
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
            Self::Prune(command) => command.run(context),
            Self::Submit(command) => command.run(context),
            Self::Policy(command) => command.run(context),
        }
    }
}
