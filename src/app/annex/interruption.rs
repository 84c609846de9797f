//! Work that somebody may want to stop.

use crate::app::{CommandError, Exit, Interaction};

/// What to say when work is stopped.
pub(super) struct Interruption<'a> {
    /// What becomes of what was begun.
    pub(super) what: &'a str,
    /// What goes on, and what looks.
    pub(super) hints: &'a [String],
}

/// Does `work` until it is done or somebody wants to stop, who is told of the interruption then.
///
/// # Errors
/// Those of the work, and the wish to stop.
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
