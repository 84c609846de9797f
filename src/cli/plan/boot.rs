//! `hoist plan boot`

use std::path::Path;

use clap::{Args, ValueEnum};

use super::conclude::conclude;
use super::drive::Drive;
use super::dry_run::show_simulated;
use super::plan_args::{PlanFile, Reading};
use crate::app::plan::{BootRequest, DriveOptions, boot, missing_secrets, simulate, terminate_failed, user_data};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _, refuse};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::engine::DriveResult;
use crate::plan::Plan;
use crate::report;

/// Raise a plan level by level; each level is verified before the next one starts
///
/// The run is recorded in the state file under its name. When something fails, everything stays as it is and the
/// commands that go on are shown.
#[derive(Args, Debug)]
pub(in crate::cli) struct Boot {
    #[command(flatten)]
    plan: PlanFile,

    /// The run's name [default: the plan's name]
    #[arg(short, long, value_name = "NAME")]
    name: Option<String>,

    /// When machines of later levels are launched
    #[arg(long, value_enum, default_value_t = Launch::Eager, value_name = "WHEN")]
    launch: Launch,

    /// What becomes of the run when a service fails
    #[arg(long, value_enum, default_value_t = OnFailureArg::Keep, value_name = "WHAT")]
    on_failure: OnFailureArg,

    /// Raise the plan on a simulated cloud, in virtual time; nothing is launched and nothing is recorded
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    drive: Drive,
}

/// When machines of later levels are launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Launch {
    /// At the start, where they depend on nothing that comes later
    Eager,
    /// With their level
    ByLevel,
}

/// What becomes of a run that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnFailureArg {
    /// It stays, to be looked at, resumed or repaired
    Keep,
    /// It is brought down
    Terminate,
}

impl Boot {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let plan = self.plan.load_or(context, |run| {
            let option = if self.dry_run { " --dry-run" } else { "" };
            format!("hoist plan resume{option} {}", run.name)
        })?;
        if self.dry_run {
            return self.try_out(context, plan);
        }
        let op = context.operation();
        let drive = self.drive.options();
        let done = block_on(boot(op, self.request(plan, &drive)))??;
        if !matches!(done.halt, DriveResult::Failed | DriveResult::Blocked) || self.on_failure == OnFailureArg::Keep {
            return conclude(context, &done);
        }
        context.say(&report::explain(&done.run, context.message_style, 5));
        let done = block_on(terminate_failed(op, &done.run.name, &drive))??;
        let exit = conclude(context, &done)?;
        // A successful termination does not make the failed boot a success.
        Ok(if exit == Exit::Done { Exit::Failed } else { exit })
    }

    fn request<'a>(&'a self, plan: Plan, drive: &'a DriveOptions) -> BootRequest<'a> {
        let by_level = self.launch == Launch::ByLevel;
        BootRequest { name: self.name.clone(), plan, by_level, allowed: self.plan.reading.allowed(), drive }
    }

    /// Simulates the boot on a simulated cloud.
    fn try_out(&self, context: &Context, plan: Plan) -> CommandResult {
        let found = user_data(plan.services().map(|(_, service)| service), &plan, self.plan.reading.allowed());
        found.tell_warnings(context);
        let mut diagnostics = found.diagnostics();
        // A document lists missing secrets with the services that they stop.
        if !context.wants_json() {
            diagnostics.extend(missing_secrets(&plan));
        }
        refuse(context, &diagnostics, "nothing was tried")?;
        let simulated = simulate(plan, self.launch == Launch::ByLevel, &self.drive.options())?;
        show_simulated(context, &simulated)
    }
}

/// Result of a boot for another command.
pub(in crate::cli) struct BootedRun {
    /// Name of the run.
    pub(in crate::cli) run: String,
    /// Outcome as a word.
    pub(in crate::cli) outcome: &'static str,
    /// Exit code.
    pub(in crate::cli) exit: Exit,
}

/// Boots the plan in a file as `hoist plan boot FILE` does, and shows the result; JSON output is left to the caller.
pub(in crate::cli) fn boot_file(
    context: &Context,
    file: &Path,
    allow_secrets: &[String],
) -> Result<BootedRun, CommandError> {
    let reading = Reading::allowing(allow_secrets);
    let plan = PlanFile { plan: file.to_path_buf(), reading }.load(context)?;
    let drive = DriveOptions::default();
    let request = BootRequest { name: None, plan, by_level: false, allowed: allow_secrets, drive: &drive };
    let done = block_on(boot(context.operation(), request))??;
    if !context.wants_json() {
        conclude(context, &done)?;
    }
    Ok(BootedRun { outcome: done.word(), exit: done.exit(), run: done.run.name })
}
