//! `hoist image`, one command per file.

mod list;

use clap::Subcommand;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist image`.
#[derive(Subcommand, Debug)]
pub(super) enum ImageCommand {
    List(list::List),
}

impl ImageCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::List(command) => command.run(context),
        }
    }
}
