//! Asks a host again that stops answering in the middle of something: connections break, and whatever hosts are asked is
//! safe to repeat.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::host::HostError;

/// How long a host that answered before may be silent: a reboot or a lost network takes about as long, and beyond it a
/// person should know.
pub(super) const HOST_PATIENCE: Duration = Duration::from_secs(120);

/// The first and the longest pause before a host is asked again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Repeats `ask`, which takes at most `longest` by itself, until the host has been silent for `patience`.
pub(super) async fn insist<T, F>(
    patience: Duration,
    longest: Duration,
    mut ask: impl FnMut() -> F,
) -> Result<T, HostError>
where
    F: Future<Output = Result<T, HostError>>,
{
    let began = Instant::now();
    let limit = longest.saturating_add(patience);
    let mut backoff = Backoff::new(PAUSE.0, PAUSE.1, "insist");
    let mut silent_since = None;
    loop {
        let asked = Instant::now();
        match ask().await {
            Err(HostError::Unreachable(reason)) => {
                // One that took its time was answered for most of it.
                if asked.elapsed() > patience {
                    silent_since = None;
                }
                if silent_since.get_or_insert_with(Instant::now).elapsed() >= patience || began.elapsed() >= limit {
                    return Err(HostError::Unreachable(reason));
                }
            }
            answer => return answer,
        }
        sleep(backoff.pause()).await;
    }
}
