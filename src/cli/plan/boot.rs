//! `hoist plan boot`

use clap::{Args, ValueEnum};

use super::Drive;
use super::dry_run::dry_run;
use super::preflight::preflight;
use super::reading::PlanFile;
use super::session::Session;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::places::rehearsal;
use crate::engine::{Halt, Run};
use crate::plan::{NAME_RULE, is_valid_name};
use crate::report::count;
use crate::state::{NewRun, Owner};

/// Raise a plan level by level; each level is verified before the next one starts
///
/// The run is recorded in the state file under its name. When something fails, everything stays as it is and the commands
/// that go on are shown.
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
    #[arg(long, value_enum, default_value_t = OnFailure::Keep, value_name = "WHAT")]
    on_failure: OnFailure,

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
enum OnFailure {
    /// It stays, to be looked at, resumed or repaired
    Keep,
    /// It is brought down
    Terminate,
}

impl Boot {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let mut plan = self.plan.load(context)?;
        let by_level = self.launch == Launch::ByLevel;
        if self.dry_run {
            return dry_run(context, plan, by_level, &self.drive);
        }
        let name = self.name.clone().unwrap_or_else(|| plan.name.clone());
        if !is_valid_name(&name) {
            let message = format!("a run cannot be named {name:?}: {NAME_RULE}");
            return Err(CommandError::with_exit(Exit::Usage, message));
        }
        // A run that could not begin must not be recorded.
        rehearsal(self.drive.rehearse.as_deref())?;
        preflight(context, &mut plan, self.plan.reading.allowed_secrets(), |_| true)?;
        let state = context.state()?;
        let (_, lock) = state.create_run(&NewRun { name: &name, plan: &plan }, &Owner::current())?;
        let run = Run::new(state.find(&name)?.tag, name, plan);
        let (services, levels) = (count(run.records().len(), "service"), count(run.levels().len(), "level"));
        context.tell(&format!("run {}: {services} in {levels}", context.message_style.bold(&run.name)));
        let session = Session::with_lock(context, run, lock, &self.drive)?;
        let done = session.drive(|driver| driver.raise(by_level))?;
        if done.halt != Halt::Failed || self.on_failure == OnFailure::Keep {
            return done.conclude(context);
        }
        let name = done.run.name.clone();
        context.say(&crate::report::explain(&done.run, context.message_style, 5));
        let done = Session::open(context, &name, &self.drive)?.drive(|driver| driver.lower())?;
        let exit = done.conclude(context)?;
        // That the rest is gone does not make the boot a success.
        Ok(if exit == Exit::Done { Exit::Failed } else { exit })
    }
}
