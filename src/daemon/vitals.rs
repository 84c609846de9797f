use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// Number of periods that may go by without a pass.
const ALLOWED_PERIODS: u32 = 3;

/// Shortest time that a fleet gets for a pass: calls to a cloud take seconds.
const LEAST_ALLOWED: Duration = Duration::from_secs(30);

/// Signs of life of all fleets of a daemon.
#[derive(Debug, Default)]
pub struct Vitals {
    fleets: BTreeMap<String, Pulse>,
}

/// Signs of life of a fleet.
#[derive(Debug)]
enum Pulse {
    /// The end of its last pass, or its start, and the time to its next one.
    Beats { last: Instant, period: Duration },
    /// It is served no more, because of this error.
    Stopped(String),
}

impl Vitals {
    /// Takes in that a pass of the fleet, or its start, has just ended, and that the next is due in `period`.
    pub fn passed(&mut self, fleet: &str, period: Duration) {
        self.fleets.insert(fleet.to_owned(), Pulse::Beats { last: Instant::now(), period });
    }

    /// Takes in that the fleet is served no more because of an error.
    pub fn stopped(&mut self, fleet: &str, error: &str) {
        self.fleets.insert(fleet.to_owned(), Pulse::Stopped(error.to_owned()));
    }

    /// Takes in that the fleet has ended as asked.
    pub fn ended(&mut self, fleet: &str) {
        self.fleets.remove(fleet);
    }

    /// Returns a sentence about each fleet whose last pass is older than three periods, or that is served no more.
    pub fn complaints(&self) -> Vec<String> {
        let complaint = |(fleet, pulse): (&String, &Pulse)| match pulse {
            Pulse::Stopped(error) => Some(format!("fleet {fleet} is not served any more: {error}")),
            Pulse::Beats { last, period } => {
                let (age, allowed) = (last.elapsed(), (*period * ALLOWED_PERIODS).max(LEAST_ALLOWED));
                let (age, allowed) = (age.as_secs(), (age > allowed).then_some(allowed.as_secs())?);
                Some(format!("fleet {fleet}: the last pass ended {age} s ago, of which {allowed} are allowed"))
            }
        };
        self.fleets.iter().filter_map(complaint).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_fleet_is_well_for_three_periods_after_its_last_pass() {
        let mut vitals = Vitals::default();
        vitals.passed("day", Duration::from_secs(15));
        vitals.passed("night", Duration::from_secs(600));
        tokio::time::advance(Duration::from_secs(45)).await;
        assert_eq!(vitals.complaints(), [""; 0]);
        tokio::time::advance(Duration::from_secs(1)).await;
        let late = "fleet day: the last pass ended 46 s ago, of which 45 are allowed";
        assert_eq!(vitals.complaints(), [late]);
        vitals.passed("day", Duration::from_secs(15));
        assert_eq!(vitals.complaints(), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fleet_that_is_not_served_is_told_and_one_that_has_ended_is_not() {
        let mut vitals = Vitals::default();
        vitals.passed("day", Duration::from_secs(15));
        vitals.stopped("night", "the journal is lost");
        vitals.ended("day");
        tokio::time::advance(Duration::from_secs(900)).await;
        assert_eq!(vitals.complaints(), ["fleet night is not served any more: the journal is lost"]);
    }
}
