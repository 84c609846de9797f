use serde::Serialize;

use crate::elastic::engine::Seconds;

/// Time between two samples of the series, in seconds.
const SAMPLE_EVERY: Seconds = 60;

/// The counts at the end of a second.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) waiting: i64,
    pub(super) pending: i64,
    pub(super) running: i64,
    pub(super) busy: i64,
}

/// A sample: time, waiting, pending, running, busy.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sample(Seconds, i64, i64, i64, i64);

/// Totals over time.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Counts,
    since: Seconds,
    sampled: bool,
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
        let counts = self.counts;
        self.machine += (counts.pending + counts.running) * (now - self.since);
        if self.sampled {
            let mut at = (self.since + SAMPLE_EVERY - 1).div_euclid(SAMPLE_EVERY) * SAMPLE_EVERY;
            while at < now {
                self.series.push(Sample(at, counts.waiting, counts.pending, counts.running, counts.busy));
                at += SAMPLE_EVERY;
            }
        }
        self.since = now;
    }

    /// Takes in the counts at the end of the second `advance` was called for.
    pub(super) fn settle(&mut self, counts: Counts) {
        self.counts = counts;
        self.most_machines = self.most_machines.max(counts.pending + counts.running);
    }
}
