//! Retries a call while its error may pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::pauses::Pauses;

/// An error that may pass by itself.
pub trait MayPass {
    /// Whether the same call may succeed after a while.
    fn may_pass(&self) -> bool;
}

/// Repeats `call`, with these pauses, while its error may pass and for at most `patience`; returns the last result.
pub async fn retry_transient<T, E, F>(
    mut pauses: Pauses,
    patience: Duration,
    mut call: impl FnMut() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: MayPass,
{
    let give_up = Instant::now() + patience;
    loop {
        match call().await {
            Err(error) if error.may_pass() && Instant::now() < give_up => {
                sleep(pauses.pause()).await;
            }
            answer => return answer,
        }
    }
}
