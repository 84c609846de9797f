//! `hoist plan`, one command per file.

mod boot;
mod certify;
mod clean;
mod conclude;
mod drive;
mod dry_run;
mod history;
mod import;
mod list;
mod logs;
mod plan_args;
mod prune;
mod reboot;
mod reload;
mod repair;
mod resume;
mod run_name;
mod show;
mod status;
mod terminate;
mod validate;

use clap::Subcommand;

pub(super) use self::boot::{BootedRun, boot_file};
use super::context::Context;
use crate::app::CommandResult;

/// The commands of `hoist plan`.
#[derive(Subcommand, Debug)]
pub(super) enum PlanCommand {
    Validate(validate::Validate),
    Show(show::Show),
    Import(import::Import),
    Boot(boot::Boot),
    Resume(resume::Resume),
    Status(status::Status),
    Repair(repair::Repair),
    Reload(reload::Reload),
    Reboot(reboot::Reboot),
    Terminate(terminate::Terminate),
    History(history::History),
    Clean(clean::Clean),
    Prune(prune::Prune),
    List(list::List),
    Logs(logs::Logs),
}

impl PlanCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        match self {
            Self::Validate(command) => command.run(context),
            Self::Show(command) => command.run(context),
            Self::Import(command) => command.run(context),
            Self::Boot(command) => command.run(context),
            Self::Resume(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Repair(command) => command.run(context),
            Self::Reload(command) => command.run(context),
            Self::Reboot(command) => command.run(context),
            Self::Terminate(command) => command.run(context),
            Self::History(command) => command.run(context),
            Self::Clean(command) => command.run(context),
            Self::Prune(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Logs(command) => command.run(context),
        }
    }
}
