//! `hoist plan reboot`

use clap::Args;

use super::session::{Session, going_down};
use super::{Drive, RunName};
use crate::cli::context::Context;
use crate::cli::exit::CommandResult;
use crate::engine::Goal;

/// Bring every service of a run down, then raise all of it anew
#[derive(Args, Debug)]
pub(in crate::cli) struct Reboot {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Reboot {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let session = Session::open(context, &self.run.name, &self.drive)?;
        let run = &session.run;
        if matches!(run.goal, Some(Goal::Down)) {
            return Err(going_down(&run.name));
        }
        session.drive(|driver| driver.reboot())?.conclude(context)
    }
}
