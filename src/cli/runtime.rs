//! The runtime that a command works in.

use crate::app::CommandError;
use tokio::runtime::{Builder, Runtime};

/// A runtime on one thread, since hoist waits more than it works.
pub(super) fn runtime() -> Result<Runtime, CommandError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::new(format!("cannot start the runtime: {error}")))
}

/// Does the work of a command.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    // What is still under way was given up by a second Ctrl-C, and that waits for nothing.
    runtime.shutdown_background();
    Ok(done)
}
