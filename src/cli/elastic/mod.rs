//! `hoist elastic`, one command per file.

mod engine_option;
mod machine_option;
mod simulate;

use clap::Subcommand;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist elastic`.
#[derive(Subcommand, Debug)]
pub(super) enum ElasticCommand {
    Simulate(simulate::Simulate),
}

impl ElasticCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Simulate(command) => command.run(context),
        }
    }
}
