//! Termination of an ended run: asks the clouds again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::drive_options::DriveOptions;
use super::fleets_first::FleetsFirst;
use super::going::Going;
use super::recorded_run::illegal;
use crate::app::dependents::Ended;
use crate::app::{CommandError, Exit, LiveInfrastructure, Operation, rehearsed};
use crate::engine::{self, AskedAgain, DriveResult, Run};
use crate::state::{Owner, StateFile};

/// Answers of the clouds about a run that had ended.
pub(crate) struct EndedAgain {
    /// The recorded run.
    pub(crate) run: Run,
    /// Questions asked, and the remains found.
    pub(crate) asked: AskedAgain,
    /// Duration of the command.
    pub(crate) took: Duration,
}

impl EndedAgain {
    /// Returns the resulting state of the run.
    pub(crate) fn halt(&self) -> DriveResult {
        if self.asked.remains.is_empty() { DriveResult::Terminated } else { DriveResult::LeftoversRemain }
    }

    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        if self.halt() == DriveResult::Terminated { Exit::Done } else { Exit::Remains }
    }
}

/// Asks the clouds for resources of an ended run and terminates them, since some may have become visible only after its
/// end.
pub(super) async fn ask_again(
    op: Operation<'_>,
    state: &StateFile,
    name: &str,
    drive: &DriveOptions,
) -> Result<EndedAgain, CommandError> {
    let row = state.find(name)?;
    // The lock keeps others from forgetting or terminating the run meanwhile.
    let lock = state.lock(row.id, &Owner::current())?;
    let (plan, records) = state.load(row.id)?;
    let run = Run::replay(row.tag, row.name, plan, &records).map_err(illegal)?;
    let started = Instant::now();
    let real = Arc::new(LiveInfrastructure::new(op.workspace, &run)?);
    let infrastructure = rehearsed(real.clone(), drive.rehearse.as_deref(), &[&run.plan])?;
    let mut asked = engine::ask_again(&run, infrastructure.as_ref()).await;
    let fleets = FleetsFirst::of(op, state, &run, infrastructure.as_ref(), Going::for_good(&run, true)).await?;
    let mut stops = op.user.stops(None)?;
    let ended = match &fleets {
        Some(fleets) => fleets.end_all(&mut stops).await,
        None => Ok(Ended::default()),
    };
    real.close().await;
    asked.remains.extend(ended?.remains);
    drop(lock);
    asked.notes.iter().for_each(|note| op.user.note(note));
    Ok(EndedAgain { run, asked, took: started.elapsed() })
}
