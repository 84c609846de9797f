//! Asks a cloud again while its failure may pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use crate::provider::{CloudError, CloudErrorKind};

/// Repeats `call`, with these pauses, while its failure may pass and for at most `patience`; gives what came of the
/// last time.
pub async fn retry_transient<T, F>(
    mut backoff: Backoff,
    patience: Duration,
    mut call: impl FnMut() -> F,
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let give_up = Instant::now() + patience;
    loop {
        match call().await {
            Err(error) if error.kind == CloudErrorKind::Transient && Instant::now() < give_up => {
                sleep(backoff.pause()).await;
            }
            answer => return answer,
        }
    }
}
