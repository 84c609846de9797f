//! `hoist annex`: one command a file.

mod check_setup;
mod policy;
mod setup;

use std::sync::Arc;

use clap::Subcommand;

use super::clouds::Clouds;
use super::context::Context;
use super::exit::{CommandError, CommandResult};
use crate::cloud::aws::Session;
use crate::cloud::stacks::AnnexSetup;
use crate::template::Templates;

/// The commands of `hoist annex`.
#[derive(Subcommand, Debug)]
pub(super) enum AnnexCommand {
    Setup(setup::SetupCommand),
    CheckSetup(check_setup::CheckSetup),
    Policy(policy::PolicyCommand),
}

impl AnnexCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Setup(command) => command.run(context),
            Self::CheckSetup(command) => command.run(context),
            Self::Policy(command) => command.run(context),
        }
    }
}

/// The account and region that the options and the environment name, where stacks can be made.
fn aws(context: &Context) -> Result<Arc<Session>, CommandError> {
    let session = Clouds::new(context)?.session(&context.ec2_config());
    if session.is_compatible() {
        let message = "this EC2-like cloud has no stacks, by which annexes are made";
        return Err(CommandError::new(message).hint("--cloud local tries an annex on this machine"));
    }
    Ok(session)
}

/// The set-up there.
fn set_up(session: &Arc<Session>) -> Result<AnnexSetup, CommandError> {
    let user = Templates::user_directory(|name| std::env::var_os(name));
    let templates = Templates::open(None, user.as_deref())
        .map_err(|error| CommandError::new(format!("cannot read templates: {error}")))?;
    Ok(AnnexSetup::new(Arc::clone(session), templates))
}
