//! `hoist elastic`, one command per file.

mod engine_option;
mod import;
mod machine_option;
mod simulate;
mod unit;

use clap::Subcommand;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist elastic`.
#[derive(Subcommand, Debug)]
pub(super) enum ElasticCommand {
    Import(import::Import),
    Simulate(simulate::Simulate),
    Unit(unit::Unit),
}

impl ElasticCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Import(command) => command.run(context),
            Self::Simulate(command) => command.run(context),
            Self::Unit(command) => command.run(context),
        }
    }
}
