//! `hoist annex`: one command a file.

mod advertising;
mod check_setup;
mod checking;
mod create;
mod delete;
mod desk;
mod draft;
mod drain;
mod draining;
mod extend;
mod failure;
mod files;
mod health;
mod joining;
mod lease;
mod list;
mod manager;
mod name;
mod observing;
mod options;
mod policy;
mod pool_options;
mod raising;
mod setup;
mod standing;
mod status;
mod submissions;
mod submit;
mod summing_up;
mod tags;
mod update;

use std::sync::Arc;

use clap::Subcommand;

use super::clouds::{Clouds, no_stacks, templates};
use super::context::Context;
use super::exit::{CommandError, CommandResult};
use crate::cloud::aws::Session;
use crate::cloud::stacks::AnnexSetup;

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
            Self::Submit(command) => command.run(context),
            Self::Policy(command) => command.run(context),
        }
    }
}

/// The account and region that the options and the environment name, where stacks can be made.
fn aws(context: &Context) -> Result<Arc<Session>, CommandError> {
    let session = Clouds::new(context)?.session(&context.ec2_config());
    if session.is_compatible() { Err(no_stacks()) } else { Ok(session) }
}

/// The set-up there.
pub(in crate::cli) fn set_up(session: &Arc<Session>) -> Result<AnnexSetup, CommandError> {
    Ok(AnnexSetup::new(Arc::clone(session), templates()?))
}
