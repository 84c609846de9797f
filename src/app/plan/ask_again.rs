//! Terminating a run that has ended: the clouds are asked again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::drive_options::DriveOptions;
use super::recorded_run::illegal;
use crate::app::{CommandError, Exit, LiveInfrastructure, Operation, rehearsed};
use crate::engine::{self, AskedAgain, DriveResult, Run};
use crate::state::{Owner, StateFile};

/// What the clouds said of a run that had ended.
pub(crate) struct EndedAgain {
    /// The run, as it is recorded.
    pub(crate) run: Run,
    /// What was asked, and what remains.
    pub(crate) asked: AskedAgain,
    /// How long it took.
    pub(crate) took: Duration,
}

impl EndedAgain {
    /// How the run stands now.
    pub(crate) fn halt(&self) -> DriveResult {
        if self.asked.remains.is_empty() { DriveResult::Terminated } else { DriveResult::LeftoversRemain }
    }

    /// What a caller is told by a number.
    pub(crate) fn exit(&self) -> Exit {
        if self.halt() == DriveResult::Terminated { Exit::Done } else { Exit::Remains }
    }
}

/// Asks the clouds what there is of the run of this name, which has ended, and ends that: what was launched for it may
/// have become visible only since.
pub(super) async fn ask_again(
    op: Operation<'_>,
    state: &StateFile,
    name: &str,
    drive: &DriveOptions,
) -> Result<EndedAgain, CommandError> {
    let row = state.find(name)?;
    // Nobody forgets the run, or asks for it to be ended, at the same time.
    let lock = state.lock(row.id, &Owner::current())?;
    let (plan, records) = state.load(row.id)?;
    let run = Run::replay(row.tag, row.name, plan, &records).map_err(illegal)?;
    let started = Instant::now();
    let real = Arc::new(LiveInfrastructure::new(op.workspace, &run)?);
    let infrastructure = rehearsed(real.clone(), drive.rehearse.as_deref(), &[&run.plan])?;
    let asked = engine::ask_again(&run, infrastructure.as_ref()).await;
    real.close().await;
    drop(lock);
    asked.notes.iter().for_each(|note| op.user.note(note));
    Ok(EndedAgain { run, asked, took: started.elapsed() })
}
