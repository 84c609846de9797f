//! Work on a run: its lock, infrastructure and driver.

use std::sync::Arc;
use std::time::Instant;

use super::drive_options::DriveOptions;
use super::fleets_first::FleetsFirst;
use super::going::Going;
use super::older_workers::end_older_workers;
use super::recorded_run::{ended, illegal, recorded};
use super::run_outcome::RunOutcome;
use crate::app::dependents::Ended;
use crate::app::{CommandError, Exit, LiveInfrastructure, Operation, Workspace, rehearsed};
use crate::engine::{DriveResult, Driver, DriverError, DriverOptions, JournalError, Phase, Run, RunJournal};
use crate::plan::Plan;
use crate::provider::Infrastructure;
use crate::report::{self, RunEnding, printable};
use crate::state::{Owner, RunLock, StateFile};

/// A run opened for writing, locked against other processes.
pub(crate) struct RunSession<'a> {
    op: Operation<'a>,
    pub(crate) run: Run,
    lock: RunLock,
    drive: DriveOptions,
    real: Arc<LiveInfrastructure>,
    infrastructure: Arc<dyn Infrastructure>,
}

impl<'a> RunSession<'a> {
    /// Opens the run of this name.
    pub(crate) fn open(op: Operation<'a>, name: &str, drive: &DriveOptions) -> Result<Self, CommandError> {
        Self::open_in(&op.workspace.state_with(name)?, op, name, drive)
    }

    /// Opens the run of this name in an opened state file, for a new `plan`.
    pub(crate) fn open_for(
        state: &StateFile,
        op: Operation<'a>,
        name: &str,
        drive: &DriveOptions,
        plan: &Plan,
    ) -> Result<Self, CommandError> {
        Self::take(state, op, name, drive, Some(plan))
    }

    /// Opens the run of this name in an opened state file.
    pub(crate) fn open_in(
        state: &StateFile,
        op: Operation<'a>,
        name: &str,
        drive: &DriveOptions,
    ) -> Result<Self, CommandError> {
        Self::take(state, op, name, drive, None)
    }

    fn take(
        state: &StateFile,
        op: Operation<'a>,
        name: &str,
        drive: &DriveOptions,
        next: Option<&Plan>,
    ) -> Result<Self, CommandError> {
        let row = state.find(name)?;
        if row.ended_at.is_some() {
            return Err(ended(name));
        }
        let lock = state.lock(row.id, &Owner::current())?;
        // Read under the lock, which other writers have released by now.
        let (plan, records) = state.load(row.id)?;
        let run = Run::replay(row.tag.clone(), row.name.clone(), plan, &records).map_err(illegal)?;
        Self::locked(op, run, lock, drive, next)
    }

    /// Creates a session for a run whose lock is held.
    pub(crate) fn with_lock(
        op: Operation<'a>,
        run: Run,
        lock: RunLock,
        drive: &DriveOptions,
    ) -> Result<Self, CommandError> {
        Self::locked(op, run, lock, drive, None)
    }

    fn locked(
        op: Operation<'a>,
        run: Run,
        lock: RunLock,
        drive: &DriveOptions,
        next: Option<&Plan>,
    ) -> Result<Self, CommandError> {
        let real = Arc::new(LiveInfrastructure::new(op.workspace, &run)?);
        if run.goal.is_none() {
            real.lacks().iter().for_each(|lack| op.user.note(lack));
        }
        let plans: Vec<&Plan> = std::iter::once(&*run.plan).chain(next).collect();
        let infrastructure = rehearsed(real.clone(), drive.rehearse.as_deref(), &plans)?;
        Ok(Self { op, run, lock, drive: drive.clone(), real, infrastructure })
    }

    /// Returns the clouds and hosts of the run.
    pub(crate) fn infrastructure(&self) -> &Arc<dyn Infrastructure> {
        &self.infrastructure
    }

    /// Looks for the fleets of what of the run is going, which end first; `state` is its state file. None if there can
    /// be none.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub(super) async fn fleets_first<'s>(
        &self,
        state: &'s StateFile,
        going: Going,
    ) -> Result<Option<FleetsFirst<'s>>, CommandError>
    where
        'a: 's,
    {
        FleetsFirst::of(self.op, state, &self.run, self.infrastructure.as_ref(), going).await
    }

    /// Sets the goal of the run with `prepare`, and drives the run until it stops.
    pub(crate) async fn drive(
        self,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> Result<RunOutcome, CommandError> {
        self.drive_after(None, prepare).await
    }

    /// Does the same, and ends the run's fleets in between: the goal is recorded before, so that no scaler of the run
    /// begins anew, and the run's machines end after.
    ///
    /// # Errors
    /// Workers are not proved gone, and their run stays.
    pub(crate) async fn drive_after(
        self,
        mut fleets: Option<FleetsFirst<'_>>,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> Result<RunOutcome, CommandError> {
        let Self { op, run, lock, drive, real, infrastructure } = self;
        let started = Instant::now();
        let mut stops =
            op.user.stops(Some("stopping: calls under way are finished and recorded; once more stops waiting"))?;
        let mut observer = op.user.observer(&run);
        let options = DriverOptions { owner: Owner::current().to_string(), max_concurrency: drive.max_concurrency };
        let store: Arc<dyn RunJournal> = lock.store();
        let mut driver = Driver::new(run, store, infrastructure.clone(), observer.as_mut(), options);
        if let Some(state) = op.workspace.state_to_read()? {
            driver.tag_state(state.id()?);
        }
        let prepared = prepare(&mut driver);
        let (mut ended, mut kept) = (Ended::default(), None);
        if let (Ok(()), Some(fleets)) = (&prepared, &mut fleets) {
            match fleets.end(driver.run(), &infrastructure, &mut stops).await {
                Ok(gone) => ended = gone,
                Err(error) => kept = Some(error),
            }
        }
        let mut halt = match (prepared, &kept) {
            (Ok(()), None) => driver.drive(stops.watch()).await,
            (Ok(()), Some(_)) => Ok(DriveResult::Interrupted),
            (Err(error), _) => Err(error),
        };
        if let (Ok(DriveResult::Terminated | DriveResult::LeftoversRemain), Some(fleets)) = (&halt, &fleets) {
            match fleets.end_late(&mut stops).await {
                Ok(late) => ended.add(late),
                Err(error) => kept = Some(error),
            }
            if !ended.remains.is_empty() {
                halt = Ok(DriveResult::LeftoversRemain);
            }
        }
        let run = driver.run().clone();
        if matches!(&halt, Ok(DriveResult::Up | DriveResult::Failed)) {
            ended.workers += end_older_workers(op, &run, infrastructure.as_ref(), &mut stops).await;
        }
        let ready = |position: &usize| matches!(run.record(*position).phase, Phase::Ready { .. });
        let as_recorded = (0..run.records().len()).filter(ready).map(|position| run.service(position).name.clone());
        let ending = RunEnding {
            remains: [driver.remains().to_vec(), ended.remains].concat(),
            workers: ended.workers,
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
            op.user.warn(&format!("the run's SSH files stay: {error}"));
        }
        drop(lock);
        if let Some(error) = kept {
            return Err(error);
        }
        let halt = halt.map_err(|error| match error {
            DriverError::Store(error) if error.lock_lost => {
                CommandError::with_exit(Exit::Held, error.message).hints(error.hint)
            }
            DriverError::Store(error) => unrecorded(op.workspace, &run, error),
            error => CommandError::new(error.to_string()).hint(report::goes_on(&run)),
        })?;
        let ending = RunEnding { took: started.elapsed(), ..ending };
        Ok(RunOutcome { halt, run, ending, interrupted: stops.exit() })
    }
}

/// Returns the error for progress that could not be recorded any more, with the state of the run and the commands that
/// still work.
fn unrecorded(workspace: &Workspace, run: &Run, error: JournalError) -> CommandError {
    let machines: Vec<String> = (0..run.records().len())
        .filter_map(|position| Some((position, run.record(position).instance_id()?)))
        .map(|(position, id)| format!("{id} ({})", printable(&run.service(position).name)))
        .collect();
    let mut message = format!("stopped, since nothing could be recorded any more: {}", error.message);
    if !machines.is_empty() {
        message.push_str(&format!("\nthe run has, as far as is known here: {}", machines.join(", ")));
    }
    let failed = CommandError::new(message);
    let is_lost = || StateFile::open_to_read(&workspace.state_path).is_err_and(|error| error.is_loss_of_all());
    // Read again: another file without this run may be in its place by now.
    match recorded(workspace, &run.name) {
        Ok(Some(recorded)) if recorded.row.tag == run.id => {
            // The hint for a lost file does not apply if a file with the run is there.
            let hint = error.hint.filter(|_| !error.file_lost);
            failed.hints(hint).hint(report::goes_on(run))
        }
        Err(unreadable) if !is_lost() => {
            let failed = failed.hint(format!("the file that is there now: {}", unreadable.message));
            failed.hints(unreadable.hints)
        }
        _ => failed
            .hint("hoist orphans shows what the clouds have of it")
            .hint("hoist orphans --terminate --other-states ends that"),
    }
}
