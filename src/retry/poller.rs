//! Polling that lets other tasks run.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::limit::Limit;
use super::pauses::Pauses;

/// Paces a polling loop. Its clock is tokio's, which tests can advance at will.
#[derive(Clone, Debug)]
pub struct Poller {
    pauses: Pauses,
    limit: Limit,
    began: Instant,
    made: u32,
}

impl Poller {
    /// Starts waiting now.
    pub fn new(pauses: Pauses, limit: Limit) -> Self {
        Self { pauses, limit, began: Instant::now(), made: 0 }
    }

    /// Pauses until the next look; returns false at once when the limit is reached, and the last look counts.
    pub async fn pause(&mut self) -> bool {
        let Some(pause) = self.limit.cut(self.pauses.pause(), self.began.elapsed(), self.made) else { return false };
        self.made += 1;
        sleep(pause).await;
        true
    }

    /// Returns the time since waiting began.
    pub fn waited(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Polls until `look` gives an answer, without a time limit.
pub async fn poll<T, F>(mut pauses: Pauses, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        sleep(pauses.pause()).await;
    }
}

/// Polls until `look` gives an answer; returns `None` if the limit is reached first.
pub async fn poll_until<T, F>(pauses: Pauses, limit: Limit, mut look: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Option<T>>,
{
    let mut poller = Poller::new(pauses, limit);
    loop {
        let seen = look().await;
        if seen.is_some() || !poller.pause().await {
            return seen;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn virtual_time<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
    }

    #[test]
    fn it_looks_once_more_when_the_time_is_over() {
        virtual_time(async {
            let (began, looks) = (Instant::now(), Cell::new(0));
            let look = || {
                looks.set(looks.get() + 1);
                async { None::<()> }
            };
            let pauses = Pauses::fixed(Duration::from_secs(4));
            assert_eq!(poll_until(pauses, Limit::Time(Duration::from_secs(10)), look).await, None);
            assert_eq!((began.elapsed().as_secs(), looks.get()), (10, 4));
        });
    }

    #[test]
    fn it_ends_with_the_first_answer() {
        virtual_time(async {
            let looks = Cell::new(0);
            let look = || {
                looks.set(looks.get() + 1);
                let seen = (looks.get() == 3).then_some("there");
                async move { seen }
            };
            let pauses = Pauses::growing(Duration::from_secs(1), Duration::from_secs(60));
            let began = Instant::now();
            assert_eq!(poll(pauses, look).await, "there");
            assert_eq!(began.elapsed().as_secs(), 3);
        });
    }
}
