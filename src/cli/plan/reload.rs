//! `hoist plan reload`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::conclude::conclude_if_agreed;
use super::drive::Drive;
use super::plan_args::PlanFile;
use crate::app::plan::{ReloadRequest, preview_reload, reload};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::completions::run_names;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::engine::Forecast;
use crate::os::quoted;
use crate::report::{self, ReloadDocument};
use crate::state::RunRow;

/// Bring a run in line with a new plan: tear down what is removed, raise anew what changed or does not work, add what
/// is new
///
/// The services that stay are checked first, as the new plan says. What is missing on this side (secrets, programs,
/// keys, credentials) is told before anything is touched. A terminate program that fails is told of, and keeps nothing.
/// A fleet whose scaler runs on a machine that ends or is replaced ends before it; others stay.
///
/// On a terminal it shows what it will do and asks, unless --yes; off a terminal, and with --no-input, it acts.
#[derive(Args, Debug)]
pub(in crate::cli) struct Reload {
    #[command(flatten)]
    plan: PlanFile,

    /// The run's name [default: the plan's name]
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(run_names))]
    name: Option<String>,

    /// Only check, and show what would be done; exit code 2 when something would
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    drive: Drive,
}

impl Reload {
    /// Returns the command that reloads a run from the plan file it was booted from.
    fn again(&self, run: &RunRow) -> String {
        let file = match run.plan_file.exists() {
            true => quoted(&run.plan_file),
            false => format!("PLAN (the plan's file, which was {})", run.plan_file.display()),
        };
        let option = if self.dry_run { " --dry-run" } else { "" };
        match run.name == run.plan_name {
            true => format!("hoist plan reload{option} {file}"),
            false => format!("hoist plan reload{option} --name {} {file}", run.name),
        }
    }

    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let plan = self.plan.load_or(context, |run| self.again(run))?;
        let name = self.name.clone().unwrap_or_else(|| plan.name.clone());
        let (op, drive) = (context.operation(), self.drive.options());
        let request = ReloadRequest { name: &name, plan, allowed: self.plan.reading.allowed(), drive: &drive };
        if self.dry_run {
            let forecast = block_on(preview_reload(op, request))??;
            show(context, &forecast)?;
            return Ok(if forecast.changes_anything() { Exit::Changed } else { Exit::Done });
        }
        let announce = |forecast: &Forecast| {
            if !context.wants_json() {
                return show(context, forecast);
            }
            if context.asks() {
                context.say(&report::forecast(forecast, context.message_style));
            }
            Ok(())
        };
        conclude_if_agreed(context, block_on(reload(op, request, &announce))??)
    }
}

/// Shows the forecast as data.
fn show(context: &Context, forecast: &Forecast) -> Result<(), CommandError> {
    if !context.wants_json() {
        return context.print(&match forecast.changes_anything() {
            true => report::forecast(forecast, context.style),
            false => format!("{} is in line with the plan\n", forecast.run),
        });
    }
    context.print_json(&ReloadDocument::of(forecast))
}
