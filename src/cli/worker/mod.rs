//! `hoist worker`, one command per file.

mod list;
mod show_spec;
mod start;
mod stop;
mod worker_options;

use clap::Subcommand;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist worker`.
#[derive(Subcommand, Debug)]
pub(super) enum WorkerCommand {
    Start(start::Start),
    Stop(stop::Stop),
    List(list::List),
    ShowSpec(show_spec::ShowSpec),
}

impl WorkerCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Start(command) => command.run(context),
            Self::Stop(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::ShowSpec(command) => command.run(context),
        }
    }
}
