use crate::app::elastic::{FleetSession, OpenFleet, recorded_parts};
use crate::app::{CommandError, Exit, Operation};
use crate::provider::Clock;
use crate::scaler::{Fleet, FleetId, FleetRequest, PassRecord, RequestAnswer, Scaler};
use crate::state::{FleetLock, Owner, StateFile};

/// The scaler of a fleet for as long as a command needs one: it does what people asked for, and decides nothing. It is
/// a fleet's, since its journal records each launch before its call, and finds after a kill what came of it.
pub(super) struct Hand {
    scaler: Scaler,
    _lock: FleetLock,
}

impl Hand {
    /// Takes a fleet, new or recorded, by its file, to launch workers.
    ///
    /// # Errors
    /// Another process holds it, its workers are on another cloud or work for another queue than the file names, or
    /// nothing can be recorded.
    pub(super) async fn of_file(
        operation: Operation<'_>,
        state: &StateFile,
        opened: OpenFleet,
    ) -> Result<Self, CommandError> {
        let session = FleetSession::hold(state, opened, None)?;
        operation.workspace.warn_of_no_reserve(state, operation.user);
        let (scaler, _, lock) = session.start(operation.workspace, state, Clock::wall(), None).await?;
        Ok(Self { scaler, _lock: lock })
    }

    /// Takes a recorded fleet without its file, to end workers.
    ///
    /// # Errors
    /// Another process holds it, its cloud cannot be opened, or nothing can be recorded.
    pub(super) async fn of_record(
        operation: Operation<'_>,
        state: &StateFile,
        id: &FleetId,
    ) -> Result<Self, CommandError> {
        let lock = state.lock_fleet(id, &Owner::current())?;
        let parts = recorded_parts(operation.workspace, state, &lock, Clock::wall())?;
        Ok(Self { scaler: Scaler::start(parts).await?, _lock: lock })
    }

    /// Returns the fleet as it is now.
    pub(super) fn fleet(&self) -> &Fleet {
        self.scaler.fleet()
    }

    /// Takes in what people asked for, also before this command.
    ///
    /// # Errors
    /// Something was refused, or nothing can be recorded.
    pub(super) async fn take_requests(&mut self) -> Result<(), CommandError> {
        loop {
            let taken = self.scaler.take_requests().await?;
            for answered in &taken.answered {
                refusal(&answered.request, &answered.answer)?;
            }
            let Some((request, _)) = taken.reload else { return Ok(()) };
            let message = "no scaler runs the fleet; the next one reads its file".to_owned();
            self.scaler.answer(request, &RequestAnswer::Refused { message, hint: None }).await?;
        }
    }

    /// Makes the calls that are due, and looks what came of earlier ones.
    ///
    /// # Errors
    /// Nothing can be recorded.
    pub(super) async fn tend(&mut self) -> Result<PassRecord, CommandError> {
        Ok(self.scaler.tend().await?)
    }
}

/// Returns the error of a request that was refused: of a launch that a limit does not allow, with the exit code of
/// limits.
///
/// # Errors
/// It was refused.
pub(super) fn refusal(request: &FleetRequest, answer: &RequestAnswer) -> Result<(), CommandError> {
    match answer {
        RequestAnswer::Done { .. } => Ok(()),
        RequestAnswer::Refused { message, hint } => {
            let is_launch = matches!(request, FleetRequest::Launch { .. });
            let exit = if is_launch { Exit::Refused } else { Exit::Failed };
            Err(CommandError::with_exit(exit, message).hints(hint.clone()))
        }
    }
}
