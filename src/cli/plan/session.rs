//! Working on a run: its lock, its driver, its progress, and what is said at the end.

use std::sync::Arc;
use std::time::Instant;

use super::drive::Drive;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, Exit};
use crate::cli::global::Output;
use crate::cli::infrastructure::{LiveInfrastructure, rehearsed};
pub(super) use crate::cli::runtime::block_on;
use crate::cli::signals::Signals;
use crate::engine::{
    DriveResult, Driver, DriverError, DriverOptions, JournalEntry, JournalError, ObservedInstance, Observer, Phase,
    Run, RunJournal,
};
use crate::plan::Plan;
use crate::provider::Infrastructure;
use crate::report::{self, DoneEvent, Events, Lines, Live, OutcomeView, RunDocument, RunEnding, printable};
use crate::state::{Owner, RunLock, RunRow, StateError, StateFile};

/// A run as it is recorded, opened for reading.
pub(super) struct LoadedRun {
    pub(super) row: RunRow,
    pub(super) run: Run,
    pub(super) records: Vec<JournalEntry>,
}

/// The run of this name, if there is one.
pub(super) fn recorded(context: &Context, name: &str) -> Result<Option<LoadedRun>, CommandError> {
    let Some(state) = context.state_to_read()? else { return Ok(None) };
    let row = match state.find(name) {
        Ok(row) => row,
        Err(StateError::RunNotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (plan, records) = state.load(row.id)?;
    let run = Run::replay(row.tag.clone(), row.name.clone(), plan, &records).map_err(illegal)?;
    Ok(Some(LoadedRun { row, run, records }))
}

/// The run of this name, or an error that names the runs like it.
pub(super) fn existing(context: &Context, name: &str) -> Result<LoadedRun, CommandError> {
    match recorded(context, name)? {
        Some(recorded) => Ok(recorded),
        None => Err(no_such_run(context, name)?),
    }
}

/// The error for a run that is not recorded.
pub(super) fn no_such_run(context: &Context, name: &str) -> Result<CommandError, CommandError> {
    let unknown =
        || StateError::RunNotFound { name: name.to_owned(), path: context.state_path.clone(), nearest: Vec::new() };
    let Some(state) = context.state_to_read()? else { return Ok(unknown().into()) };
    match state.find(name) {
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

pub(super) fn illegal(error: crate::engine::IllegalEvent) -> CommandError {
    CommandError::new(error.to_string())
}

/// A run opened for writing: nobody else works on it.
pub(super) struct RunSession<'a> {
    context: &'a Context,
    pub(super) run: Run,
    lock: RunLock,
    drive: Drive,
    real: Arc<LiveInfrastructure>,
    infrastructure: Arc<dyn Infrastructure>,
}

/// What came of a session.
pub(super) struct SessionResult {
    pub(super) halt: DriveResult,
    pub(super) run: Run,
    /// How it ended, for people and for JSON.
    ending: RunEnding,
    interrupted: Exit,
}

/// A service that is recorded as ready, its instance's id, and what its cloud shows of that.
pub(super) type CheckedRun = (String, String, ObservedInstance);

impl<'a> RunSession<'a> {
    /// Takes the run of this name.
    pub(super) fn open(context: &'a Context, name: &str, drive: &Drive) -> Result<Self, CommandError> {
        Self::open_in(&context.state_with(name)?, context, name, drive)
    }

    /// The same for a run that `plan` will be the plan of.
    pub(super) fn open_for(context: &'a Context, name: &str, drive: &Drive, plan: &Plan) -> Result<Self, CommandError> {
        Self::take(&context.state_with(name)?, context, name, drive, Some(plan))
    }

    /// The same in a state file that was opened.
    pub(super) fn open_in(
        state: &StateFile,
        context: &'a Context,
        name: &str,
        drive: &Drive,
    ) -> Result<Self, CommandError> {
        Self::take(state, context, name, drive, None)
    }

    fn take(
        state: &StateFile,
        context: &'a Context,
        name: &str,
        drive: &Drive,
        next: Option<&Plan>,
    ) -> Result<Self, CommandError> {
        let row = state.find(name)?;
        if row.ended_at.is_some() {
            return Err(ended(name));
        }
        let lock = state.lock(row.id, &Owner::current())?;
        // Read under the lock: what another process was writing is written now.
        let (plan, records) = state.load(row.id)?;
        let run = Run::replay(row.tag.clone(), row.name.clone(), plan, &records).map_err(illegal)?;
        Self::locked(context, run, lock, drive, next)
    }

    /// A session for a run whose lock is held.
    pub(super) fn with_lock(
        context: &'a Context,
        run: Run,
        lock: RunLock,
        drive: &Drive,
    ) -> Result<Self, CommandError> {
        Self::locked(context, run, lock, drive, None)
    }

    fn locked(
        context: &'a Context,
        run: Run,
        lock: RunLock,
        drive: &Drive,
        next: Option<&Plan>,
    ) -> Result<Self, CommandError> {
        let real = Arc::new(LiveInfrastructure::new(context, &run)?);
        if run.goal.is_none() {
            real.lacks()
                .iter()
                .for_each(|lack| context.tell(&format!("{} {lack}", context.message_style.warn("note:"))));
        }
        let plans: Vec<&Plan> = std::iter::once(&*run.plan).chain(next).collect();
        let infrastructure = rehearsed(real.clone(), drive.rehearse.as_deref(), &plans)?;
        Ok(Self { context, run, lock, drive: drive.clone(), real, infrastructure })
    }

    /// The clouds and hosts of the run.
    pub(super) fn infrastructure(&self) -> &Arc<dyn Infrastructure> {
        &self.infrastructure
    }

    /// Sets the run on its way with `prepare`, and drives it until it comes to rest.
    pub(super) fn drive(
        self,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> Result<SessionResult, CommandError> {
        block_on(self.drive_inside(prepare))?
    }

    /// As [`RunSession::drive`], within a runtime.
    pub(super) async fn drive_inside(
        self,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> Result<SessionResult, CommandError> {
        let Self { context, run, lock, drive, real, infrastructure } = self;
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
        let store: Arc<dyn RunJournal> = lock.store();
        let mut driver = Driver::new(run, store, infrastructure, observer.as_mut(), options);
        if let Some(state) = context.state_to_read()? {
            driver.tag_state(state.id()?);
        }
        let halt = match prepare(&mut driver) {
            Ok(()) => driver.drive(signals.stop()).await,
            Err(error) => Err(error),
        };
        let run = driver.run().clone();
        let ready = |position: &usize| matches!(run.record(*position).phase, Phase::Ready { .. });
        let as_recorded = (0..run.records().len()).filter(ready).map(|position| run.service(position).name.clone());
        let ending = RunEnding {
            remains: driver.remains().to_vec(),
            blocked: driver.blocked(),
            farewells: driver.farewells().to_vec(),
            unproved: as_recorded.filter(|service| !driver.has_proved(service)).collect(),
            ..RunEnding::default()
        };
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
            DriverError::Store(error) if error.lock_lost => {
                error.hint.into_iter().fold(CommandError::with_exit(Exit::Held, error.message), CommandError::hint)
            }
            DriverError::Store(error) => unrecorded(context, &run, error),
            error => CommandError::new(error.to_string()).hint(report::goes_on(&run)),
        })?;
        let ending = RunEnding { took: started.elapsed(), ..ending };
        Ok(SessionResult { halt, run, ending, interrupted: signals.exit() })
    }
}

/// The error where nothing could be recorded any more: what the run has by then, and what works from here.
fn unrecorded(context: &Context, run: &Run, error: JournalError) -> CommandError {
    let machines: Vec<String> = (0..run.records().len())
        .filter_map(|position| Some((position, run.record(position).instance_id()?)))
        .map(|(position, id)| format!("{id} ({})", printable(&run.service(position).name)))
        .collect();
    let mut message = format!("stopped, since nothing could be recorded any more: {}", error.message);
    if !machines.is_empty() {
        message.push_str(&format!("\nthe run has, as far as is known here: {}", machines.join(", ")));
    }
    let failed = CommandError::new(message);
    let is_lost = || StateFile::open_to_read(&context.state_path).is_err_and(|error| error.is_loss_of_all());
    // Asked anew: another file may be there by now, which knows nothing of this run.
    match recorded(context, &run.name) {
        Ok(Some(recorded)) if recorded.row.tag == run.id => {
            // What is said of a file that is lost is not so where one is there that has the run.
            let hint = error.hint.filter(|_| !error.file_lost);
            hint.into_iter().fold(failed, CommandError::hint).hint(report::goes_on(run))
        }
        Err(unreadable) if !is_lost() => {
            let failed = failed.hint(format!("the file that is there now: {}", unreadable.message));
            unreadable.hints.into_iter().fold(failed, CommandError::hint)
        }
        _ => failed
            .hint("hoist orphans shows what the clouds have of it")
            .hint("hoist orphans --terminate --other-states ends that"),
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
        _ => Box::new(Lines::new(run, context.message_style, context.verbosity > 0)),
    }
}

impl SessionResult {
    /// With what the clouds showed of services that were recorded as ready and that nothing was done to.
    #[must_use]
    pub(super) fn having_looked(mut self, looked: Vec<CheckedRun>) -> Self {
        let unproved = &self.ending.unproved;
        for (service, id, seen) in looked.into_iter().filter(|(service, ..)| unproved.contains(service)) {
            if let Some(reason) = seen.loss(&id) {
                self.ending.gone.push((service, reason));
            } else if let Some(silence) = seen.doubt() {
                self.ending.unknown.push((service, silence.to_string()));
            }
        }
        self
    }

    /// Everything that is ready was found so a moment ago, by whoever called this.
    #[must_use]
    pub(super) fn all_proved(mut self) -> Self {
        self.ending.unproved.clear();
        self
    }

    /// Says how it went, on standard output; gives the exit code.
    pub(super) fn conclude(self, context: &Context) -> Result<Exit, CommandError> {
        let exit = self.exit();
        match context.output {
            Output::Json => {
                context.print_json(&RunDocument::with_outcome(&self.run, self.outcome()))?;
            }
            Output::Jsonl => {
                context.print_json(&DoneEvent::new(&self.run, self.outcome()))?;
            }
            Output::Human => {
                context.print_with_advice(&report::conclusion(&self.run, self.halt, &self.ending, context.style))?
            }
        }
        if exit != Exit::Done && context.output != Output::Human {
            report::diagnostics(&self.run, self.halt, &self.ending)
                .iter()
                .for_each(|diagnostic| context.say(diagnostic));
            context.tell(&report::way_on(&self.run, self.halt, &self.ending));
        }
        Ok(exit)
    }

    /// How it ended, for documents.
    fn outcome(&self) -> OutcomeView<'_> {
        OutcomeView::new(self.word(), &self.run, self.halt, &self.ending)
    }

    pub(super) fn exit(&self) -> Exit {
        match self.halt {
            DriveResult::Up if !self.ending.gone.is_empty() => Exit::Failed,
            DriveResult::Up if !self.ending.unknown.is_empty() => Exit::Changed,
            DriveResult::Up | DriveResult::Terminated => Exit::Done,
            DriveResult::Failed | DriveResult::Blocked => Exit::Failed,
            DriveResult::LeftoversRemain => Exit::Remains,
            DriveResult::Interrupted => self.interrupted,
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self.halt {
            DriveResult::Up if !self.ending.gone.is_empty() => "unhealthy",
            DriveResult::Up if !self.ending.unknown.is_empty() => "unknown",
            DriveResult::Up => "up",
            DriveResult::Blocked => "blocked",
            DriveResult::Failed => "failed",
            DriveResult::Terminated => "gone",
            DriveResult::LeftoversRemain => "remains",
            DriveResult::Interrupted => "stopped",
        }
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        let exit = if error.is_of_another_process() { Exit::Held } else { Exit::Failed };
        let plain = CommandError::with_exit(exit, error.to_string());
        match error.hint() {
            Some(hint) => plain.hint(hint),
            None => plain,
        }
    }
}
