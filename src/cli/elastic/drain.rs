//! `hoist elastic drain`

use clap::Args;

use super::fleet_arg::FleetArgument;
use super::show_asked::show_asked;
use crate::app::CommandResult;
use crate::app::elastic::drain;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;

/// Let workers accept no more work, and end them when they have none
///
/// What runs on them goes on. Where jobs wait and the maximum allows it, the fleet launches others in their place.
#[derive(Args, Debug)]
pub(in crate::cli) struct Drain {
    #[command(flatten)]
    fleet: FleetArgument,

    /// This worker, by id or name (repeatable)
    #[arg(short, long = "machine", value_name = "I", required = true)]
    machines: Vec<String>,

    /// Do not wait for the scaler's answer
    #[arg(long)]
    no_wait: bool,
}

impl Drain {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.fleet.name()?;
        let (_, asked) = block_on(drain(context.operation(), &name, &self.machines, !self.no_wait))??;
        show_asked(context, &name, "drain", &asked)
    }
}
