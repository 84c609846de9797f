use std::collections::BTreeMap;

use super::collector_answer::{CollectorAnswer, Queue};
use super::intervals::{Intervals, REPORT_TIME};
use crate::elastic::engine::Seconds;

/// Time for which a queue that has left the collector is missed, in seconds: what the collector itself keeps ads for
/// (`CLASSAD_LIFETIME`).
const MISSED_FOR: Seconds = 900;

/// The part of its time from which a queue is overloaded: from it the negotiator leaves the queue out, too
/// (`CURB_MATCHMAKING`).
const OVERLOADED: f64 = 0.98;

/// Time between two questions to an overloaded queue, in seconds.
const REST: Seconds = 300;

/// Why the queues of a pool cannot be asked for all jobs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum QueuesError {
    /// The collector knows no queue.
    #[error("the collector knows no queue; does a condor_schedd run, and may it advertise?")]
    None,
    /// The collector has not been up for long enough to know all queues.
    #[error("the collector has been up for {up} s, and queues report to it every {period} s: it knows all of them after \
             {} s", known_after(*period))]
    Young {
        /// Its age in seconds.
        up: Seconds,
        /// `SCHEDD_INTERVAL`.
        period: Seconds,
    },
    /// The collector does not tell its age.
    #[error("the collector does not tell since when it is up, as in its first second; it knows all queues after {} s",
            known_after(*period))]
    Ageless {
        /// `SCHEDD_INTERVAL`.
        period: Seconds,
    },
    /// A queue is missing.
    #[error("the queue {name} has not been in the collector for {missing} s; it counts as gone after {MISSED_FOR} s")]
    Missing {
        /// Its name.
        name: String,
        /// Time since it was there, in seconds.
        missing: Seconds,
    },
    /// A queue has too much to do.
    #[error("the queue {name} is overloaded, busy for {:.0} % of its time; it is asked once in {REST} s", duty_cycle * 100.0)]
    Overloaded {
        /// Its name.
        name: String,
        /// The part of its time.
        duty_cycle: f64,
        /// Time at which it may be asked again.
        again_at: Seconds,
    },
}

/// Returns the age at which a collector knows all queues that report to it with this period, in seconds.
fn known_after(period: Seconds) -> Seconds {
    period.saturating_add(REPORT_TIME)
}

impl QueuesError {
    /// Returns the time from which queues can be asked by themselves. None: someone has to bring them back.
    pub(super) fn over_at(&self, now: Seconds) -> Option<Seconds> {
        match self {
            Self::Young { up, period } => Some(now.saturating_add(known_after(*period)).saturating_sub(*up) + 1),
            Self::Ageless { period } => Some(now.saturating_add(known_after(*period)) + 1),
            Self::Overloaded { again_at, .. } => Some(*again_at),
            Self::None | Self::Missing { .. } => None,
        }
    }
}

/// Watches that no queue is left out in silence.
#[derive(Debug, Default)]
pub(super) struct QueueWatch {
    /// Each queue with the time at which it was last in the collector.
    seen: BTreeMap<String, Seconds>,
    /// Each overloaded queue with the time at which it was last asked.
    asked: BTreeMap<String, Seconds>,
}

impl QueueWatch {
    /// Judges whether the collector knows all queues, and each may be asked. Takes them for asked then.
    pub(super) fn judge(
        &mut self,
        answer: &CollectorAnswer,
        intervals: Intervals,
        now: Seconds,
    ) -> Result<(), QueuesError> {
        self.all_there(answer, intervals, now)?;
        for Queue { name, duty_cycle } in &answer.queues {
            if *duty_cycle <= OVERLOADED {
                self.asked.remove(name);
            } else if let Some(asked) = self.asked.get(name).filter(|asked| now.saturating_sub(**asked) < REST) {
                let again_at = asked.saturating_add(REST);
                return Err(QueuesError::Overloaded { name: name.clone(), duty_cycle: *duty_cycle, again_at });
            }
        }
        let overloaded = answer.queues.iter().filter(|queue| queue.duty_cycle > OVERLOADED);
        self.asked.extend(overloaded.map(|queue| (queue.name.clone(), now)));
        Ok(())
    }

    fn all_there(&mut self, answer: &CollectorAnswer, intervals: Intervals, now: Seconds) -> Result<(), QueuesError> {
        let was_empty = self.seen.is_empty();
        self.seen.extend(answer.queues.iter().map(|queue| (queue.name.clone(), now)));
        self.seen.retain(|_, seen| now.saturating_sub(*seen) < MISSED_FOR);
        // Not by the time: two readings may be of one second.
        let is_missing = |name: &str| !answer.queues.iter().any(|queue| queue.name == name);
        if let Some((name, seen)) = self.seen.iter().find(|(name, _)| is_missing(name)) {
            return Err(QueuesError::Missing { name: name.clone(), missing: now.saturating_sub(*seen) });
        }
        let (up, period) = (answer.started_at.map(|started| now.saturating_sub(started)), intervals.of_queues);
        // Queues that were there before the collector started are all there.
        if (was_empty || answer.queues.is_empty()) && up.is_none_or(|up| up <= known_after(period)) {
            // What is known may be a part: it is no measure for later.
            self.seen.clear();
            return Err(up.map_or(QueuesError::Ageless { period }, |up| QueuesError::Young { up, period }));
        }
        if answer.queues.is_empty() { Err(QueuesError::None) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(queues: &[(&str, f64)], started_at: Seconds) -> CollectorAnswer {
        let queue = |(name, duty_cycle): &(&str, f64)| Queue { name: (*name).to_owned(), duty_cycle: *duty_cycle };
        CollectorAnswer {
            started_at: Some(started_at),
            queues: queues.iter().map(queue).collect(),
            ..Default::default()
        }
    }

    const INTERVALS: Intervals = Intervals { of_machines: 60, of_queues: 100, of_negotiator: 60 };

    #[test]
    fn a_young_collector_is_believed_only_if_it_knows_the_queues_of_before() {
        let mut watch = QueueWatch::default();
        let (both, one) = (answer(&[("a", 0.0), ("b", 0.0)], 0), answer(&[("a", 0.0)], 1000));
        let young = QueuesError::Young { up: 50, period: 100 };
        assert_eq!(watch.judge(&both, INTERVALS, 50), Err(young.clone()));
        // It knows all of them when they have had time to report, and not a second before.
        assert_eq!(young.over_at(50), Some(121));
        assert!(watch.judge(&both, INTERVALS, 120).is_err());
        assert_eq!(watch.judge(&both, INTERVALS, 121), Ok(()));
        assert_eq!(watch.judge(&one, INTERVALS, 1021), Ok(()), "b was missed for 900 s");
        let mut watch = QueueWatch::default();
        assert_eq!(watch.judge(&both, INTERVALS, 900), Ok(()));
        let missing = |missing| QueuesError::Missing { name: "b".to_owned(), missing };
        assert_eq!(watch.judge(&one, INTERVALS, 900), Err(missing(0)), "it left within the second");
        assert_eq!(watch.judge(&one, INTERVALS, 1001), Err(missing(101)));
        assert_eq!(watch.judge(&answer(&[("a", 0.0), ("b", 0.0)], 1000), INTERVALS, 1002), Ok(()));
        assert_eq!(watch.judge(&answer(&[], 0), INTERVALS, 2000), Err(QueuesError::None));
    }

    #[test]
    fn an_overloaded_queue_is_asked_now_and_then() {
        let mut watch = QueueWatch::default();
        let (busy, calm) = (answer(&[("a", 0.99)], 0), answer(&[("a", 0.5)], 0));
        assert_eq!(watch.judge(&busy, INTERVALS, 1000), Ok(()));
        let rests = watch.judge(&busy, INTERVALS, 1060).unwrap_err();
        assert!(matches!(rests, QueuesError::Overloaded { .. }) && rests.over_at(1060) == Some(1300));
        assert_eq!(watch.judge(&busy, INTERVALS, 1300), Ok(()));
        assert_eq!(watch.judge(&calm, INTERVALS, 1310), Ok(()));
        assert_eq!(watch.judge(&busy, INTERVALS, 1320), Ok(()));
    }
}
