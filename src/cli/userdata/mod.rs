//! `hoist userdata`: one command a file.

mod lint;

use clap::Subcommand;

use super::context::Context;
use super::exit::CommandResult;

/// The commands of `hoist userdata`.
#[derive(Subcommand, Debug)]
pub(super) enum UserdataCommand {
    Lint(lint::Lint),
}

impl UserdataCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Lint(command) => command.run(context),
        }
    }
}
