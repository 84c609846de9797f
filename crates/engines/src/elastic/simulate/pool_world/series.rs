use serde::Serialize;

use crate::elastic::engine::Seconds;

/// Largest number of points.
const MOST_POINTS: usize = 1000;

/// Number of counts of a point.
pub(super) const COUNTS: usize = 6;

/// Parts of one in which counts are kept.
pub(super) const PARTS: i64 = 1_000_000;

/// Means over one step of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Point {
    /// Begin of the step.
    pub t: Seconds,
    /// Number of machines on their way into the pool.
    pub starting: f64,
    /// Number of machines in the pool without a job.
    pub idle: f64,
    /// Number of machines with a job.
    pub busy: f64,
    /// Number of machines that take no more jobs.
    pub draining: f64,
    /// Number of waiting jobs.
    pub waiting: f64,
    /// Number of machines that waiting and running jobs would fill.
    pub demand: f64,
}

/// Machines by state, waiting jobs and demand over time, in at most 1,000 steps of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Series {
    /// Length of a step in seconds.
    pub step: Seconds,
    /// The points, in order.
    pub points: Vec<Point>,
}

/// Collects a [`Series`] of unknown length: when there are too many steps, two become one.
#[derive(Debug)]
pub(super) struct SeriesRecorder {
    step: Seconds,
    now: Seconds,
    /// Sums of count × seconds for each step, in millionths.
    sums: Vec<[i128; COUNTS]>,
}

impl Default for SeriesRecorder {
    fn default() -> SeriesRecorder {
        SeriesRecorder { step: 1, now: 0, sums: Vec::new() }
    }
}

impl SeriesRecorder {
    /// Lets time pass to `now` during which the counts, in millionths, were `counts`.
    pub(super) fn advance(&mut self, now: Seconds, counts: [i64; COUNTS]) {
        while self.now < now {
            let index = usize::try_from(self.now / self.step).unwrap_or(usize::MAX);
            if index >= MOST_POINTS {
                self.halve();
                continue;
            }
            if self.sums.len() <= index {
                self.sums.resize(index + 1, [0; COUNTS]);
            }
            let end = (self.now / self.step + 1).saturating_mul(self.step).min(now);
            for (sum, count) in self.sums[index].iter_mut().zip(counts) {
                *sum += i128::from(count) * i128::from(end - self.now);
            }
            self.now = end;
        }
    }

    fn halve(&mut self) {
        let pairs = self.sums.chunks(2);
        let joined = pairs.map(|pair| std::array::from_fn(|count| pair.iter().map(|sums| sums[count]).sum()));
        self.sums = joined.collect();
        self.step = self.step.saturating_mul(2);
    }

    /// Returns the series.
    #[expect(clippy::cast_precision_loss, reason = "counts of machines and jobs")]
    pub(super) fn finish(self) -> Series {
        let (step, end) = (self.step, self.now);
        let points = self.sums.iter().zip(0..).map(|(sums, index)| {
            let t = step * index;
            let seconds = i128::from((end - t).clamp(1, step));
            let mean = |count: usize| (sums[count] * 1000 / seconds / i128::from(PARTS)) as f64 / 1000.0;
            Point {
                t,
                starting: mean(0),
                idle: mean(1),
                busy: mean(2),
                draining: mean(3),
                waiting: mean(4),
                demand: mean(5),
            }
        });
        Series { step, points: points.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(waiting: i64) -> [i64; COUNTS] {
        [PARTS, 0, 2 * PARTS, 0, waiting * PARTS, PARTS / 2]
    }

    #[test]
    fn steps_grow_with_time_and_keep_the_means() {
        let mut recorder = SeriesRecorder::default();
        recorder.advance(1500, counts(4));
        recorder.advance(2500, counts(0));
        let series = recorder.finish();
        assert_eq!((series.step, series.points.len()), (4, 625));
        let total: f64 = series.points.iter().map(|point| point.waiting * 4.0).sum();
        assert_eq!(total, 6000.0);
        let first = Point { t: 0, starting: 1.0, idle: 0.0, busy: 2.0, draining: 0.0, waiting: 4.0, demand: 0.5 };
        assert_eq!((series.points[0], series.points[624].t), (first, 2496));
    }

    #[test]
    fn the_last_step_may_be_short() {
        let mut recorder = SeriesRecorder::default();
        recorder.advance(1001, counts(3));
        let series = recorder.finish();
        assert_eq!((series.step, series.points.len(), series.points[500].waiting), (2, 501, 3.0));
    }
}
