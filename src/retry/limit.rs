//! How long is waited.

use std::time::Duration;

/// When waiting ends without what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Never.
    Never,
    /// When this time has passed since waiting began.
    Time(Duration),
    /// After so many pauses: there is one look more than pauses.
    Pauses(u32),
}

impl Limit {
    /// The pause that may be made after `passed` and so many pauses, where `due` is the one that is due: it is cut at
    /// the end of the time, so that the last look falls there. None where waiting is over.
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
