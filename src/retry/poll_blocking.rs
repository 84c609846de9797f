//! Polling that blocks its thread.

use std::time::Instant;

use super::limit::Limit;
use super::pauses::Pauses;

/// Polls until `look` gives an answer, without a time limit. Blocks its thread.
pub fn poll_blocking<T>(mut pauses: Pauses, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        std::thread::sleep(pauses.pause());
    }
}

/// Polls until `look` gives an answer; returns `None` if the limit is reached first. Blocks its thread.
pub fn poll_blocking_until<T>(mut pauses: Pauses, limit: Limit, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    let mut made = 0;
    loop {
        let seen = look();
        if seen.is_some() {
            return seen;
        }
        let pause = limit.cut(pauses.pause(), began.elapsed(), made)?;
        made += 1;
        std::thread::sleep(pause);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_looks_once_more_than_it_pauses() {
        let mut looks = 0;
        let seen = poll_blocking_until(Pauses::fixed(Duration::from_millis(1)), Limit::Pauses(3), || {
            looks += 1;
            (looks == 5).then_some(())
        });
        assert_eq!((seen, looks), (None, 4));
        let seen = poll_blocking(Pauses::fixed(Duration::from_millis(1)), || {
            looks += 1;
            (looks == 9).then_some(looks)
        });
        assert_eq!(seen, 9);
    }
}
