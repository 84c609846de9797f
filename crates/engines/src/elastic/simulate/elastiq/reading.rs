use super::outage::Outages;
use crate::elastic::engine::{Seconds, Wants};

/// Waits before the second, third … try of `condor_q`, in seconds.
const QUEUE_WAITS: [Seconds; 4] = [2, 3, 4, 5];
/// Waits before the second try of `condor_status`, in seconds.
const STATUS_WAITS: [Seconds; 1] = [2];

/// The next move of a daemon that asks its sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// All sources have answered or failed for good.
    Complete,
    /// A source failed; it is asked again after so many seconds.
    Again(Seconds),
}

/// Tells whether the sources wanted answer at `now`, after `tries` earlier tries.
pub(super) fn ask(wants: Wants, outages: &Outages, now: Seconds, tries: u32) -> Answer {
    let queue_fails = wants.demand && !outages.queue_answers(now);
    let status_fails = wants.pool && !outages.status_answers(now);
    let waits: &[Seconds] = if queue_fails {
        &QUEUE_WAITS
    } else if status_fails {
        &STATUS_WAITS
    } else {
        return Answer::Complete;
    };
    usize::try_from(tries).ok().and_then(|tries| waits.get(tries)).map_or(Answer::Complete, |wait| Answer::Again(*wait))
}

#[cfg(test)]
mod tests {
    use super::super::timeline::Entry;
    use super::*;

    #[test]
    fn queue_is_asked_five_times_over_fourteen_seconds() {
        let mut outages = Outages::default();
        outages.apply(&Entry::QueueDown { at: 0, r#for: 1000 });
        let wants = Wants { demand: true, ..Wants::default() };
        let waits: Vec<_> = (0..5).map(|tries| ask(wants, &outages, 10, tries)).collect();
        let again = [2, 3, 4, 5].map(Answer::Again);
        assert_eq!(waits, [&again[..], &[Answer::Complete]].concat());
        assert_eq!(ask(wants, &outages, 1000, 3), Answer::Complete);
    }
}
