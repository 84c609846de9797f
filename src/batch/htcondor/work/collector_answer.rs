use super::slot_facts::SlotFacts;
use crate::classad::ClassAd;
use crate::elastic::engine::Seconds;

/// A queue of the pool (a schedd), as the collector knows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Queue {
    /// Its name, for `condor_q -name`.
    pub(super) name: String,
    /// The part of its time in which it was busy lately, from 0 to 1.
    pub(super) duty_cycle: f64,
}

/// What the collector said.
#[derive(Debug, Default)]
pub(super) struct CollectorAnswer {
    /// Time at which the collector started, if it tells.
    pub(super) started_at: Option<Seconds>,
    /// The queues, by name.
    pub(super) queues: Vec<Queue>,
    /// Number of held jobs of all queues, as they last reported it. None: none told.
    pub(super) held: Option<u64>,
    /// Start of the last negotiation cycle, as far as it was reported.
    pub(super) negotiated_at: Option<Seconds>,
    /// The slots, dynamic ones apart.
    pub(super) slots: Vec<SlotFacts>,
    /// Number of slots that do not tell what they are.
    pub(super) nameless: usize,
}

impl CollectorAnswer {
    /// Takes in an ad.
    pub(super) fn take(&mut self, ad: ClassAd) {
        match ad.text("MyType") {
            Some("Collector") => {
                // The youngest counts where several collectors report to each other.
                self.started_at = self.started_at.max(started_at(&ad));
            }
            Some("Scheduler") => self.take_queue(&ad),
            Some("Negotiator") => {
                self.negotiated_at = self.negotiated_at.max(ad.int("LastNegotiationCycleTime0"));
            }
            _ => match SlotFacts::of(ad) {
                Some(slot) => self.slots.push(slot),
                None => self.nameless += 1,
            },
        }
    }

    fn take_queue(&mut self, ad: &ClassAd) {
        let Some(name) = ad.text("Name") else { return };
        if let Some(held) = ad.int("TotalHeldJobs").and_then(|held| u64::try_from(held).ok()) {
            self.held = Some(self.held.unwrap_or(0).saturating_add(held));
        }
        let duty_cycle = ad.real("RecentDaemonCoreDutyCycle").unwrap_or(0.0);
        let at = self.queues.partition_point(|queue| queue.name.as_str() < name);
        self.queues.insert(at, Queue { name: name.to_owned(), duty_cycle });
    }
}

/// Returns the time at which a daemon started, by its own clock. A collector's ad has no `DaemonStartTime`, and is
/// renewed every six hours only; the age that it gives belongs to the time that it gives.
fn started_at(ad: &ClassAd) -> Option<Seconds> {
    let of = |time: &str, age: &str| Some(ad.int(time)?.saturating_sub(ad.int(age)?));
    ad.int("DaemonStartTime")
        .or_else(|| of("MonitorSelfTime", "MonitorSelfAge"))
        .or_else(|| of("MyCurrentTime", "StatsLifetime"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(texts: &[&str]) -> CollectorAnswer {
        let mut answer = CollectorAnswer::default();
        texts.iter().for_each(|text| answer.take(ClassAd::from_long_text(text).unwrap()));
        answer
    }

    #[test]
    fn daemons_are_told_apart() {
        let answer = taken(&[
            "MyType = \"Scheduler\"\nName = \"b\"\nRecentDaemonCoreDutyCycle = 0.5\nTotalHeldJobs = 2",
            "MyType = \"Scheduler\"\nName = \"a\"\nTotalHeldJobs = 3",
            "MyType = \"Scheduler\"",
            "MyType = \"Negotiator\"\nLastNegotiationCycleTime0 = 70",
            "MyType = \"Collector\"\nMonitorSelfTime = 61\nMonitorSelfAge = 1",
            "MyType = \"Machine\"\nSlotType = \"Static\"",
        ]);
        assert_eq!(answer.queues.iter().map(|queue| queue.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((answer.queues[1].duty_cycle, answer.queues[0].duty_cycle), (0.5, 0.0));
        assert_eq!((answer.started_at, answer.negotiated_at, answer.nameless), (Some(60), Some(70), 1));
        assert_eq!((answer.held, taken(&["MyType = \"Collector\""]).held), (Some(5), None));
    }

    #[test]
    fn a_collector_that_does_not_tell_its_age_has_none() {
        assert_eq!(taken(&["MyType = \"Collector\""]).started_at, None);
        assert_eq!(taken(&["MyType = \"Collector\"\nMyCurrentTime = 9\nStatsLifetime = 2"]).started_at, Some(7));
    }
}
