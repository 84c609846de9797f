//! `hoist annex`: one command a file.

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

use std::sync::Arc;

use clap::Subcommand;

use super::clouds::{Clouds, no_stacks, templates};
use super::context::Context;
use super::exit::{CommandError, CommandResult};
use crate::cloud::aws::annex::AnnexSetup;
use crate::cloud::aws::api::AwsSession;

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

/// The account and region that the options and the environment name, where stacks can be made.
fn aws(context: &Context) -> Result<Arc<AwsSession>, CommandError> {
    let session = Clouds::new(context)?.session(&context.ec2_config());
    if session.is_compatible() { Err(no_stacks()) } else { Ok(session) }
}

/// The set-up there.
pub(in crate::cli) fn set_up(session: &Arc<AwsSession>) -> Result<AnnexSetup, CommandError> {
    Ok(AnnexSetup::new(Arc::clone(session), templates()?))
}
