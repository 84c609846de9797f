//! Work that can be stopped on request.

use crate::app::{CommandError, Exit, Interaction};

/// Message for stopped work.
pub(super) struct Interruption<'a> {
    /// State of the unfinished work.
    pub(super) what: &'a str,
    /// Commands that continue, and that show the state.
    pub(super) hints: &'a [String],
}

/// Runs `work` until it is done or a stop is requested; then the interruption is reported.
///
/// # Errors
/// The error of the work, or a requested stop.
pub(super) async fn run_until_stopped<T>(
    user: &dyn Interaction,
    interruption: Interruption<'_>,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let mut stops = user.stops(None)?;
    tokio::select! {
        done = work => done,
        () = stops.wished() => {
            if stops.exit() == Exit::Interrupted {
                user.end_line();
            }
            let message = format!("stopped waiting: {}", interruption.what);
            Err(CommandError::with_exit(stops.exit(), message).hints(interruption.hints))
        }
    }
}
