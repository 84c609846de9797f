//! `hoist elastic`, one command per file.

mod drain;
mod engine_option;
mod fleet_arg;
mod import;
mod list;
mod machine_option;
mod past_time;
mod reload;
mod set;
mod show_asked;
mod simulate;
mod status;
mod unit;
mod why;

use clap::Subcommand;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist elastic`.
#[derive(Subcommand, Debug)]
pub(super) enum ElasticCommand {
    Drain(drain::Drain),
    Import(import::Import),
    List(list::List),
    Reload(reload::Reload),
    Set(set::Set),
    Simulate(simulate::Simulate),
    Unit(unit::Unit),
    Status(status::Status),
    Why(why::Why),
}

impl ElasticCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Drain(command) => command.run(context),
            Self::Import(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Reload(command) => command.run(context),
            Self::Set(command) => command.run(context),
            Self::Simulate(command) => command.run(context),
            Self::Unit(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Why(command) => command.run(context),
        }
    }
}
