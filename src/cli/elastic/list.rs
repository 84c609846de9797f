//! `hoist elastic list`

use clap::Args;
use jiff::Timestamp;

use crate::app::elastic::{list, none_live};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::report::{FleetsDocument, fleets_human};

/// List fleets as they are recorded, newest first
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Also list fleets that have ended
    #[arg(short, long)]
    all: bool,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let fleets = list(context.operation(), self.all)?;
        if context.wants_json() {
            context.print_json(&FleetsDocument::new(&fleets, Timestamp::now()))?;
        } else if fleets.is_empty() {
            context.tell(&none_live(context.operation())?);
        } else {
            context.print_with_advice(&fleets_human(&fleets, Timestamp::now(), context.style))?;
        }
        Ok(Exit::Done)
    }
}
