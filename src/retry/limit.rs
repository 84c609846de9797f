//! Limits for waiting.

use std::time::Duration;

/// The point at which waiting is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Never.
    Never,
    /// After this time since waiting began.
    Time(Duration),
    /// After this number of pauses: there is one more look than pauses.
    Pauses(u32),
}

impl Limit {
    /// Returns the next pause: `due`, cut at the time limit so that the last look falls there. `passed` and `pauses`
    /// are the time waited and the pauses made so far. Returns `None` once the limit is reached.
    pub(super) fn cut(self, due: Duration, passed: Duration, pauses: u32) -> Option<Duration> {
        match self {
            Self::Never => Some(due),
            Self::Time(limit) => {
                let left = limit.saturating_sub(passed);
                (!left.is_zero()).then(|| due.min(left))
            }
            Self::Pauses(most) => (pauses < most).then_some(due),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_cut_at_the_end_of_the_time_and_none_follows() {
        let seconds = Duration::from_secs;
        let limit = Limit::Time(seconds(10));
        assert_eq!(limit.cut(seconds(4), seconds(3), 9), Some(seconds(4)));
        assert_eq!(limit.cut(seconds(4), seconds(8), 0), Some(seconds(2)));
        assert_eq!(limit.cut(seconds(4), seconds(10), 0), None);
        assert_eq!(Limit::Pauses(2).cut(seconds(4), seconds(99), 1), Some(seconds(4)));
        assert_eq!(Limit::Pauses(2).cut(seconds(4), seconds(0), 2), None);
        assert_eq!(Limit::Never.cut(seconds(4), seconds(99), 99), Some(seconds(4)));
    }
}
