//! `hoist elastic`, one command per file.

mod drain;
mod engine_option;
mod fleet_arg;
mod import;
mod list;
mod listen_option;
mod machine_option;
mod once;
mod parent_option;
mod past_time;
mod record;
mod reload;
mod run;
mod set;
mod show_asked;
mod simulate;
mod status;
mod stop;
mod unit;
mod why;

use clap::Subcommand;

pub(super) use fleet_arg::parse_name;

use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist elastic`.
#[derive(Subcommand, Debug)]
pub(super) enum ElasticCommand {
    Run(run::Run),
    Once(once::Once),
    Reload(reload::Reload),
    Status(status::Status),
    List(list::List),
    Set(set::Set),
    Drain(drain::Drain),
    Stop(stop::Stop),
    Why(why::Why),
    Record(record::Record),
    Simulate(simulate::Simulate),
    Import(import::Import),
    Unit(unit::Unit),
}

impl ElasticCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Run(command) => command.run(context),
            Self::Once(command) => command.run(context),
            Self::Reload(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Set(command) => command.run(context),
            Self::Drain(command) => command.run(context),
            Self::Stop(command) => command.run(context),
            Self::Why(command) => command.run(context),
            Self::Record(command) => command.run(context),
            Self::Simulate(command) => command.run(context),
            Self::Import(command) => command.run(context),
            Self::Unit(command) => command.run(context),
        }
    }
}
