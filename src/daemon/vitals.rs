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
    /// Fleets of which nothing can be recorded, and why.
    hindered: BTreeMap<String, String>,
    /// The sources that do not answer, of each fleet that has such.
    silent: BTreeMap<String, Vec<String>>,
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

    /// Takes in which sources of the fleet do not answer.
    pub fn silent<'a>(&mut self, fleet: &str, sources: impl Iterator<Item = &'a str>) {
        let sources: Vec<String> = sources.map(str::to_owned).collect();
        match sources.is_empty() {
            true => drop(self.silent.remove(fleet)),
            false => drop(self.silent.insert(fleet.to_owned(), sources)),
        }
    }

    /// Returns a sentence about each fleet that is served, and of which a source does not answer.
    pub fn remarks(&self) -> Vec<String> {
        let told = self.silent.iter();
        told.map(|(fleet, sources)| format!("fleet {fleet}: no answer from the source of {}", sources.join(", ")))
            .collect()
    }

    /// Takes in why nothing can be recorded of the fleet; none: it can again.
    pub fn hindered(&mut self, fleet: &str, error: Option<&str>) {
        match error {
            Some(error) => drop(self.hindered.insert(fleet.to_owned(), error.to_owned())),
            None => drop(self.hindered.remove(fleet)),
        }
    }

    /// Takes in that the fleet is served no more because of an error.
    pub fn stopped(&mut self, fleet: &str, error: &str) {
        self.hindered.remove(fleet);
        self.silent.remove(fleet);
        self.fleets.insert(fleet.to_owned(), Pulse::Stopped(error.to_owned()));
    }

    /// Takes in that the fleet has ended as asked.
    pub fn ended(&mut self, fleet: &str) {
        self.silent.remove(fleet);
        self.fleets.remove(fleet);
    }

    /// Returns a sentence about each fleet whose last pass is older than three periods, of which nothing can be
    /// recorded, or that is served no more.
    pub fn complaints(&self) -> Vec<String> {
        let complaint = |(fleet, pulse): (&String, &Pulse)| {
            if let Some(error) = self.hindered.get(fleet) {
                return Some(format!("fleet {fleet}: nothing can be recorded, so nothing is launched: {error}"));
            }
            match pulse {
                Pulse::Stopped(error) => Some(format!("fleet {fleet} is not served any more: {error}")),
                Pulse::Beats { last, period } => {
                    let (age, allowed) = (last.elapsed(), (*period * ALLOWED_PERIODS).max(LEAST_ALLOWED));
                    let (age, allowed) = (age.as_secs(), (age > allowed).then_some(allowed.as_secs())?);
                    Some(format!("fleet {fleet}: the last pass ended {age} s ago, of which {allowed} are allowed"))
                }
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
    async fn a_fleet_of_which_nothing_can_be_recorded_is_told_until_it_can() {
        let mut vitals = Vitals::default();
        vitals.passed("day", Duration::from_secs(15));
        vitals.hindered("day", Some("no space is left"));
        let told = "fleet day: nothing can be recorded, so nothing is launched: no space is left";
        assert_eq!(vitals.complaints(), [told]);
        vitals.hindered("day", None);
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
