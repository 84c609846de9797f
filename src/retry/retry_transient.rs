//! Makes a call again while its failure may pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::pauses::Pauses;

/// A failure that tells whether it may pass by itself.
pub trait MayPass {
    /// Whether the same call may do better in a while.
    fn may_pass(&self) -> bool;
}

/// Repeats `call`, with these pauses, while its failure may pass and for at most `patience`; gives what came of the
/// last time.
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
