use serde::Serialize;

use super::super::super::engine::Seconds;

/// Time between two samples of the series, in seconds.
const SAMPLE_EVERY: Seconds = 60;

/// The counts at the end of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) waiting: i64,
    pub(super) pending: i64,
    pub(super) running: i64,
    pub(super) joined: i64,
    pub(super) busy: i64,
    pub(super) live: i64,
}

/// A sample: time, waiting, pending, running, joined, busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sample(Seconds, i64, i64, i64, i64, i64);

/// Totals over time.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Counts,
    since: Seconds,
    sampled: bool,
    pub(super) job_wait: i64,
    pub(super) busy: i64,
    pub(super) machine: i64,
    pub(super) most_machines: i64,
    pub(super) series: Vec<Sample>,
}

impl Tally {
    /// Makes a tally; `sampled` asks for a series.
    pub(super) fn new(sampled: bool) -> Tally {
        Tally { sampled, ..Tally::default() }
    }

    /// Counts the seconds from the last one settled up to, not including, `now`.
    pub(super) fn advance(&mut self, now: Seconds) {
        let length = now - self.since;
        self.job_wait += self.counts.waiting * length;
        self.busy += self.counts.busy * length;
        self.machine += self.counts.live * length;
        if self.sampled {
            let first = self.since.div_euclid(SAMPLE_EVERY) * SAMPLE_EVERY;
            let first = if first < self.since { first + SAMPLE_EVERY } else { first };
            let mut at = first;
            while at < now {
                let counts = self.counts;
                let (pending, running, joined) = (counts.pending, counts.running, counts.joined);
                self.series.push(Sample(at, counts.waiting, pending, running, joined, counts.busy));
                at += SAMPLE_EVERY;
            }
        }
        self.since = now;
    }

    /// Takes in the counts at the end of the second `advance` was called for.
    pub(super) fn settle(&mut self, counts: Counts) {
        self.counts = counts;
        self.most_machines = self.most_machines.max(counts.live);
    }
}
