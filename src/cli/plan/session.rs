//! Working on a run: its lock, its driver, its progress, and what is said at the end.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::Drive;
use crate::cli::args::Output;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, Exit};
use crate::cli::places::{RealPlaces, rehearsed};
pub(super) use crate::cli::runtime::block_on;
use crate::cli::signals::Signals;
use crate::engine::{Driver, DriverError, DriverOptions, Halt, Observer, Places, Record, Remain, Run, Store};
use crate::report::{self, Events, Lines, Live};
use crate::state::{Owner, RunLock, RunRow, StateError};

/// A run as it is recorded, opened for reading.
pub(super) struct Recorded {
    pub(super) row: RunRow,
    pub(super) run: Run,
    pub(super) records: Vec<Record>,
}

/// The run of this name, if there is one.
pub(super) fn recorded(context: &Context, name: &str) -> Result<Option<Recorded>, CommandError> {
    let Some(state) = context.existing_state()? else { return Ok(None) };
    let row = match state.find(name) {
        Ok(row) => row,
        Err(StateError::RunNotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (plan, records) = state.load(row.id)?;
    let run = Run::replay(row.tag.clone(), row.name.clone(), plan, &records).map_err(illegal)?;
    Ok(Some(Recorded { row, run, records }))
}

/// The run of this name, or an error that names the runs like it.
pub(super) fn existing(context: &Context, name: &str) -> Result<Recorded, CommandError> {
    match recorded(context, name)? {
        Some(recorded) => Ok(recorded),
        None => Err(no_such_run(context, name)?),
    }
}

/// The error for a run that is not recorded.
pub(super) fn no_such_run(context: &Context, name: &str) -> Result<CommandError, CommandError> {
    match context.state_with(name)?.find(name) {
        Err(error) => Ok(error.into()),
        Ok(row) => Ok(CommandError::new(format!("run {} was recorded a moment ago; try again", row.name))),
    }
}

/// The error for a run of which nothing is left.
pub(super) fn ended(name: &str) -> CommandError {
    CommandError::new(format!("run {name} has ended: nothing is left of it"))
        .hint(format!("`hoist plan history {name}` shows what it had"))
}

/// The error for a run that is on its way down, and only goes that way.
pub(super) fn going_down(name: &str) -> CommandError {
    CommandError::new(format!("run {name} is being brought down")).hint(format!("hoist plan terminate {name}"))
}

fn illegal(error: crate::engine::IllegalEvent) -> CommandError {
    CommandError::new(error.to_string())
}

/// A run opened for writing: nobody else works on it.
pub(super) struct Session<'a> {
    context: &'a Context,
    pub(super) run: Run,
    lock: RunLock,
    drive: Drive,
    real: Arc<RealPlaces>,
    places: Arc<dyn Places>,
}

/// What came of a session.
pub(super) struct Done {
    pub(super) halt: Halt,
    pub(super) run: Run,
    pub(super) took: std::time::Duration,
    /// What is left beside the services' machines.
    remains: Vec<Remain>,
    interrupted: Exit,
}

impl<'a> Session<'a> {
    /// Takes the run of this name.
    pub(super) fn open(context: &'a Context, name: &str, drive: &Drive) -> Result<Self, CommandError> {
        let state = context.state_with(name)?;
        let row = state.find(name)?;
        if row.ended_at.is_some() {
            return Err(ended(name));
        }
        let lock = state.lock(row.id, &Owner::current())?;
        // Read under the lock: what another process was writing is written now.
        let (plan, records) = state.load(row.id)?;
        let run = Run::replay(row.tag.clone(), row.name.clone(), plan, &records).map_err(illegal)?;
        Self::with_lock(context, run, lock, drive)
    }

    /// A session for a run whose lock is held.
    pub(super) fn with_lock(
        context: &'a Context,
        run: Run,
        lock: RunLock,
        drive: &Drive,
    ) -> Result<Self, CommandError> {
        let real = Arc::new(RealPlaces::new(context, &run)?);
        if run.goal.is_none() {
            real.lacks()
                .iter()
                .for_each(|lack| context.tell(&format!("{} {lack}", context.message_style.warn("note:"))));
        }
        let places = rehearsed(real.clone(), drive.rehearse.as_deref())?;
        Ok(Self { context, run, lock, drive: drive.clone(), real, places })
    }

    /// The clouds and hosts of the run.
    pub(super) fn places(&self) -> &Arc<dyn Places> {
        &self.places
    }

    /// Sets the run on its way with `prepare`, and drives it until it comes to rest.
    pub(super) fn drive(
        self,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> Result<Done, CommandError> {
        block_on(self.drive_inside(prepare))?
    }

    /// As [`Session::drive`], within a runtime.
    pub(super) async fn drive_inside(
        self,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> Result<Done, CommandError> {
        let Self { context, run, lock, drive, real, places } = self;
        let started = Instant::now();
        let (style, quiet) = (context.message_style, context.quiet);
        let signals = Signals::listen(move || {
            if !quiet {
                let text = "stopping: calls under way are finished and recorded; once more stops waiting";
                // Nobody is left to be told when standard error is closed.
                let _ = std::io::Write::write_fmt(
                    &mut std::io::stderr(),
                    format_args!("\n{} {text}\n", style.warn("hoist:")),
                );
            }
        })?;
        let mut observer = observer(context, &run);
        let options = DriverOptions {
            owner: Owner::current().to_string(),
            max_concurrency: usize::try_from(drive.max_concurrency).unwrap_or(usize::MAX),
        };
        let store: Arc<dyn Store> = lock.store();
        let mut driver = Driver::new(run, store, places, observer.as_mut(), options);
        let halt = match prepare(&mut driver) {
            Ok(()) => driver.drive(signals.stop()).await,
            Err(error) => Err(error),
        };
        let (run, remains) = (driver.run().clone(), driver.remains().to_vec());
        drop(driver);
        drop(observer);
        real.close().await;
        if run.ended
            && let Err(error) = real.forget()
        {
            context.say(&format!("{} the run's SSH files stay: {error}", context.message_style.warn("note:")));
        }
        drop(lock);
        let halt = halt.map_err(|error| match error {
            DriverError::Store(error) if error.lock_lost => CommandError::with_exit(Exit::Held, error.message),
            error => CommandError::new(error.to_string()).hint(format!("hoist plan resume {}", run.name)),
        })?;
        Ok(Done { halt, run, took: started.elapsed(), remains, interrupted: signals.exit() })
    }
}

/// Who shows progress, by the options of the command line.
fn observer(context: &Context, run: &Run) -> Box<dyn Observer> {
    use std::io::IsTerminal;
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    match context.output {
        Output::Jsonl => Box::new(Events),
        _ if context.quiet => Box::new(()),
        Output::Human if std::io::stderr().is_terminal() && !dumb && context.verbosity == 0 => {
            Box::new(Live::new(run, context.message_style))
        }
        _ => Box::new(Lines::new(context.message_style, context.verbosity > 0)),
    }
}

impl Done {
    /// What comes of bringing down a run that had ended before.
    pub(super) fn before(run: Run) -> Self {
        Self {
            halt: Halt::Gone,
            run,
            took: std::time::Duration::ZERO,
            remains: Vec::new(),
            interrupted: Exit::Interrupted,
        }
    }

    /// Says how it went, on standard output; gives the exit code.
    pub(super) fn conclude(self, context: &Context) -> Result<Exit, CommandError> {
        let exit = self.exit();
        match context.output {
            Output::Json => {
                let mut document = report::run_json(&self.run);
                document["outcome"] = Value::from(self.word());
                if self.halt == Halt::Remains {
                    document["remains"] = report::remains_json(&self.remains);
                }
                document["seconds"] = Value::from(self.took.as_secs_f64());
                context.print_json(&document)?;
            }
            Output::Jsonl => {
                let mut document = serde_json::json!({
                    "schema": 1,
                    "event": "done",
                    "run": self.run.name,
                    "outcome": self.word(),
                    "status": self.run.status(),
                    "seconds": self.took.as_secs_f64(),
                });
                if self.halt == Halt::Remains {
                    document["remains"] = report::remains_json(&self.remains);
                }
                context.print_json(&document)?;
            }
            Output::Human => {
                context.print(&report::conclusion(&self.run, self.halt, &self.remains, self.took, context.style))?
            }
        }
        if !matches!(self.halt, Halt::Up | Halt::Gone) && context.output != Output::Human {
            context.tell(&report::way_on(&self.run, self.halt));
        }
        Ok(exit)
    }

    pub(super) fn exit(&self) -> Exit {
        match self.halt {
            Halt::Up | Halt::Gone => Exit::Done,
            Halt::Failed => Exit::Failed,
            Halt::Remains => Exit::Remains,
            Halt::Stopped => self.interrupted,
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self.halt {
            Halt::Up => "up",
            Halt::Failed => "failed",
            Halt::Gone => "gone",
            Halt::Remains => "remains",
            Halt::Stopped => "stopped",
        }
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        let exit = if matches!(error, StateError::Held { .. }) { Exit::Held } else { Exit::Failed };
        let plain = CommandError::with_exit(exit, error.to_string());
        match error.hint() {
            Some(hint) => plain.hint(hint),
            None => plain,
        }
    }
}
