//! `hoist worker list`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use jiff::Timestamp;

use crate::app::worker::list;
use crate::app::{CommandResult, Interaction as _};
use crate::cli::completions::fleet_names;
use crate::cli::context::Context;
use crate::cli::elastic::parse_name;
use crate::cli::runtime::block_on;
use crate::report::{WorkersDocument, workers_human};

/// List workers as the records, the cloud and the server tell of them
///
/// Workers of all fleets, those that `hoist elastic run` launched, too. A cloud or a server that does not answer is
/// told: what it would say is unknown then, not absent.
///
/// Exit codes: 0 all was told; 2 a cloud or a server did not answer.
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Only workers of this fleet
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(fleet_names))]
    fleet: Option<String>,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let fleet = self.fleet.as_deref().map(parse_name).transpose()?;
        let listed = block_on(list(context.operation(), fleet.as_ref()))??;
        if context.wants_json() {
            context.print_json(&WorkersDocument::new(&listed.workers, &listed.unknown))?;
        } else if listed.workers.is_empty() {
            context.tell("there are no workers; `hoist worker start --config FILE` starts one");
        } else {
            context.print(&workers_human(&listed.workers, Timestamp::now(), context.style))?;
        }
        listed.unknown.iter().for_each(|unknown| context.warn(unknown));
        Ok(listed.exit())
    }
}
