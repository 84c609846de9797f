//! `hoist userdata`, one command per file.

mod allow;
mod lint;
mod render;
mod templates;

use clap::Subcommand;

pub(super) use allow::Allow;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist userdata`.
#[derive(Subcommand, Debug)]
pub(super) enum UserdataCommand {
    Lint(lint::Lint),
    Render(render::Render),
    Templates(templates::ListTemplates),
}

impl UserdataCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Lint(command) => command.run(context),
            Self::Render(command) => command.run(context),
            Self::Templates(command) => command.run(context),
        }
    }
}
