use serde::Serialize;

use crate::elastic::engine::Seconds;

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

impl Counts {
    fn sample(self, at: Seconds) -> Sample {
        Sample(at, self.waiting, self.pending, self.running, self.joined, self.busy)
    }
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
        let mut at = (self.since.div_euclid(SAMPLE_EVERY) + 1) * SAMPLE_EVERY;
        while self.sampled && at < now {
            self.series.push(self.counts.sample(at));
            at += SAMPLE_EVERY;
        }
        self.since = now;
    }

    /// Takes a sample at `now`, before the daemon's pass, if one is due.
    pub(super) fn sample(&mut self, now: Seconds, counts: Counts) {
        if self.sampled && now % SAMPLE_EVERY == 0 {
            self.series.push(counts.sample(now));
        }
    }

    /// Takes in the counts at the end of the second `advance` was called for.
    pub(super) fn settle(&mut self, counts: Counts) {
        self.counts = counts;
        self.most_machines = self.most_machines.max(counts.live);
    }
}
