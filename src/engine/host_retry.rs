//! Retries a host that stops answering in the middle of an operation: connections break, and all operations on hosts
//! are safe to repeat.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::task_result::TaskResult;
use super::waits::{Wait, Waits};
use crate::provider::HostError;
use crate::retry::Pauses;

/// How long a host that answered before may be silent: a reboot or a lost network takes about as long; after that, a
/// person should know.
pub(super) const HOST_PATIENCE: Duration = Duration::from_secs(120);

/// The same for a caller that waits for the answer: troubles that pass by themselves, such as a server that turns away
/// a few of many connections at once, take no longer.
const LOOK_PATIENCE: Duration = Duration::from_secs(20);

/// The first and the longest pause before a host is asked again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// How long a host is retried, and who is told meanwhile.
#[derive(Clone, Debug)]
pub(super) struct RetryPolicy {
    length: Duration,
    /// How many tries that took longer than `length` count as answers, from which the host's silence is counted anew.
    /// Limited for a caller that waits: such a try may have spent its time in a queue, without any answer.
    forgives: u32,
    teller: Option<WaitReporter>,
}

/// Reports waits for the host of one service to the driver.
#[derive(Clone, Debug)]
pub(super) struct WaitReporter {
    pub(super) position: usize,
    pub(super) told: mpsc::UnboundedSender<TaskResult>,
}

impl RetryPolicy {
    /// Retries for this long, without reports.
    pub(super) fn of(length: Duration) -> Self {
        Self { length, forgives: u32::MAX, teller: None }
    }

    /// Creates the policy of a caller that waits for the answer.
    pub(super) fn of_a_look() -> Self {
        Self { length: LOOK_PATIENCE, forgives: 1, teller: None }
    }

    /// Has `teller` report waits.
    #[must_use]
    pub(super) fn telling(self, teller: WaitReporter) -> Self {
        Self { teller: Some(teller), ..self }
    }
}

impl WaitReporter {
    /// Reports a wait.
    pub(super) fn tell(&self, wait: Wait) {
        // The driver outlives its tasks; when it is gone, no one is left to tell.
        let _ = self.told.send(TaskResult { waits: vec![(self.position, wait)], ..TaskResult::default() });
    }
}

/// Repeats `ask`, which takes at most `longest` by itself, until the host has been silent for as long as `patience`
/// allows.
pub(super) async fn retry_unreachable<T, F>(
    patience: &RetryPolicy,
    longest: Duration,
    mut ask: impl FnMut() -> F,
) -> Result<T, HostError>
where
    F: Future<Output = Result<T, HostError>>,
{
    let began = Instant::now();
    let limit = longest.saturating_add(patience.length);
    let mut pauses = Pauses::backoff(PAUSE.0, PAUSE.1, "insist");
    let mut silent_since = None;
    let mut waits = Waits::new();
    let mut forgiven = 0;
    loop {
        let asked = Instant::now();
        match ask().await {
            Err(HostError::Unreachable(complaint)) => {
                // A try that took its time was answered for most of it.
                if asked.elapsed() > patience.length && forgiven < patience.forgives {
                    (silent_since, waits) = (None, Waits::new());
                    forgiven += 1;
                }
                let since = *silent_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= patience.length || began.elapsed() >= limit {
                    return Err(HostError::Unreachable(complaint));
                }
                if let (Some(teller), Some(wait)) =
                    (&patience.teller, waits.failed(&complaint, Some(since + patience.length)))
                {
                    teller.tell(wait);
                }
            }
            answer => return answer,
        }
        sleep(pauses.pause()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Returns how often a host that never answers is asked, and the total time, where each try takes `each`.
    async fn tries(patience: RetryPolicy, each: Duration) -> (u32, Duration) {
        let (count, began) = (Cell::new(0), Instant::now());
        let asked = retry_unreachable(&patience, Duration::from_secs(1200), || async {
            count.set(count.get() + 1);
            sleep(each).await;
            Err::<(), _>(HostError::unreachable("nothing answers"))
        });
        assert!(asked.await.is_err());
        (count.get(), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_asks_again_and_comes_to_an_end() {
        let (count, took) = tries(RetryPolicy::of_a_look(), Duration::from_millis(10)).await;
        assert!(count >= 5 && took < Duration::from_secs(35), "{count} tries in {took:?}");
        // As in a queue for a host that all others are reached through.
        let (count, took) = tries(RetryPolicy::of_a_look(), Duration::from_secs(60)).await;
        assert!(count <= 3 && took < Duration::from_secs(200), "{count} tries in {took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_told_of() {
        let (told, mut tellings) = mpsc::unbounded_channel();
        let patience = RetryPolicy::of(HOST_PATIENCE).telling(WaitReporter { position: 3, told });
        let awaited = crate::provider::Awaited {
            what: "SSH on 10.0.0.1:22".to_owned(),
            why: "timed out".to_owned(),
            at_once: false,
        };
        let error = HostError::unreachable("no answer").hint("look").awaited(awaited);
        let asked = retry_unreachable(&patience, Duration::ZERO, || async { Err::<(), _>(error.clone()) });
        assert!(asked.await.is_err());
        let first = tellings.try_recv().unwrap().waits;
        assert_eq!((first[0].0, first[0].1.why.as_str()), (3, "timed out"));
        // The reason does not change, so it is told once a minute.
        let mut more = 0;
        while tellings.try_recv().is_ok() {
            more += 1;
        }
        assert_eq!(more, 1);
    }
}
