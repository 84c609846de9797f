//! `hoist worker`, one command per file.

mod list;
mod start;
mod stop;

use clap::Subcommand;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist worker`.
#[derive(Subcommand, Debug)]
pub(super) enum WorkerCommand {
    Start(start::Start),
    Stop(stop::Stop),
    List(list::List),
}

impl WorkerCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Start(command) => command.run(context),
            Self::Stop(command) => command.run(context),
            Self::List(command) => command.run(context),
        }
    }
}
