//! `hoist elastic status`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use jiff::Timestamp;

use super::fleet_arg::parse_name;
use crate::app::elastic::{health, none_live, status, statuses};
use crate::app::{CommandResult, Interaction as _};
use crate::cli::completions::fleet_names;
use crate::cli::context::Context;
use crate::report::{FleetStatusDocument, FleetStatusesDocument, fleet_human};

/// Show where fleets stand: workers, limits, what the last pass saw and decided, and what held it back
///
/// By the records of the state file; no cloud and no queue is asked.
///
/// Exit codes: 0 as it should be; 1 failed; 2 a scaler or a source is silent, or something else is marked with "!".
#[derive(Args, Debug)]
pub(in crate::cli) struct Status {
    /// The fleet's name [default: all that have not ended]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(fleet_names))]
    name: Option<String>,
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let now = Timestamp::now();
        if let Some(name) = &self.name {
            let fleet = status(context.operation(), &parse_name(name)?)?;
            if context.wants_json() {
                context.print_json(&FleetStatusDocument::new(&fleet, now))?;
            } else {
                context.print_with_advice(&fleet_human(&fleet, now, context.style))?;
            }
            return Ok(health([&fleet], now));
        }
        let fleets = statuses(context.operation())?;
        if context.wants_json() {
            context.print_json(&FleetStatusesDocument::new(&fleets, now))?;
        } else if fleets.is_empty() {
            context.tell(&none_live(context.operation())?);
        } else {
            let texts: Vec<String> = fleets.iter().map(|fleet| fleet_human(fleet, now, context.style)).collect();
            context.print_with_advice(&texts.join("\n"))?;
        }
        Ok(health(&fleets, now))
    }
}
