//! `hoist plan boot`

use crate::app::Interaction as _;
use std::path::Path;

use clap::{Args, ValueEnum};

use super::drive::Drive;
use super::dry_run::dry_run;
use super::plan_args::{PlanFile, Reading};
use super::preflight::{missing_secrets, preflight};
use super::session::{RunSession, SessionResult};
use super::user_data::user_data;
use crate::app::refuse;
use crate::app::rehearsal;
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::engine::{DEFAULT_MAX_CONCURRENCY, DriveResult, Run};
use crate::plan::{NAME_RULE, Plan, is_valid_name};
use crate::report::count;
use crate::state::{NewRun, Owner};

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
        let by_level = self.launch == Launch::ByLevel;
        if self.dry_run {
            let found = user_data(plan.services().map(|(_, service)| service), &plan, self.plan.reading.allowed());
            found.tell_warnings(context);
            let mut diagnostics = found.diagnostics();
            // A document tells the services that they stop.
            if !context.wants_json() {
                diagnostics.extend(missing_secrets(&plan));
            }
            refuse(context, &diagnostics, "nothing was tried")?;
            return dry_run(context, plan, by_level, &self.drive);
        }
        let name = self.name.clone().unwrap_or_else(|| plan.name.clone());
        if !is_valid_name(&name) {
            let message = format!("a run cannot be named {name:?}: {NAME_RULE}");
            return Err(CommandError::with_exit(Exit::Usage, message));
        }
        let done = self.boot(context, name, plan, by_level)?;
        if !matches!(done.halt, DriveResult::Failed | DriveResult::Blocked) || self.on_failure == OnFailureArg::Keep {
            return done.conclude(context);
        }
        let name = done.run.name.clone();
        context.say(&crate::report::explain(&done.run, context.message_style, 5));
        let done = RunSession::open(context, &name, &self.drive)?.drive(|driver| driver.terminate())?;
        let exit = done.conclude(context)?;
        // That the rest is gone does not make the boot a success.
        Ok(if exit == Exit::Done { Exit::Failed } else { exit })
    }

    fn boot(
        &self,
        context: &Context,
        name: String,
        mut plan: Plan,
        by_level: bool,
    ) -> Result<SessionResult, CommandError> {
        // A run that could not begin must not be recorded.
        rehearsal(self.drive.rehearse.as_deref(), &[&plan])?;
        preflight(context, &mut plan, self.plan.reading.allowed(), |_| true)?;
        let state = context.workspace.state()?;
        let (_, lock) = state.create_run(&NewRun { name: &name, plan: &plan }, &Owner::current())?;
        context.workspace.warn_of_no_reserve(&state, context);
        let run = Run::new(state.find(&name)?.tag, name, plan);
        let (services, levels) = (count(run.records().len(), "service"), count(run.levels().len(), "level"));
        context.tell(&format!("run {}: {services} in {levels}", context.message_style.bold(&run.name)));
        let session = RunSession::with_lock(context, run, lock, &self.drive)?;
        session.drive(|driver| driver.boot(by_level))
    }
}

/// What came of raising a plan for another command.
pub(in crate::cli) struct BootedRun {
    /// The run's name.
    pub(in crate::cli) run: String,
    /// In a word.
    pub(in crate::cli) outcome: &'static str,
    /// The exit code.
    pub(in crate::cli) exit: Exit,
}

/// Raises the plan in a file as `hoist plan boot FILE` does, and says how it went unless data is written as JSON, which
/// is the caller's to do.
pub(in crate::cli) fn boot_file(
    context: &Context,
    file: &Path,
    allow_secrets: &[String],
) -> Result<BootedRun, CommandError> {
    let boot = Boot {
        plan: PlanFile { plan: file.to_path_buf(), reading: Reading::allowing(allow_secrets) },
        name: None,
        launch: Launch::Eager,
        on_failure: OnFailureArg::Keep,
        dry_run: false,
        drive: Drive { max_concurrency: DEFAULT_MAX_CONCURRENCY as u32, rehearse: None },
    };
    let plan = boot.plan.load(context)?;
    let done = boot.boot(context, plan.name.clone(), plan, false)?;
    let (run, outcome, exit) = (done.run.name.clone(), done.word(), done.exit());
    if !context.wants_json() {
        done.conclude(context)?;
    }
    Ok(BootedRun { run, outcome, exit })
}
