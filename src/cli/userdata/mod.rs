//! `hoist userdata`: one command a file.

mod lint;
mod render;
mod store;
mod values;

use clap::Subcommand;

use super::context::Context;
use super::exit::CommandResult;

/// The commands of `hoist userdata`.
#[derive(Subcommand, Debug)]
pub(super) enum UserdataCommand {
    Lint(lint::Lint),
    Render(render::Render),
}

impl UserdataCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Lint(command) => command.run(context),
            Self::Render(command) => command.run(context),
        }
    }
}
