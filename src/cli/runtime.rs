//! The asynchronous runtime of a command.

use crate::app::CommandError;
use tokio::runtime::{Builder, Runtime};

/// Creates a runtime on one thread, since hoist mostly waits.
pub(super) fn runtime() -> Result<Runtime, CommandError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::new(format!("cannot start the runtime: {error}")))
}

/// Runs the future of a command.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    // A second Ctrl-C has abandoned the remaining tasks, which must not be waited for.
    runtime.shutdown_background();
    Ok(done)
}
