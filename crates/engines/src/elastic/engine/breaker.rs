use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::machine::MachineId;
use super::seconds::Seconds;

/// The settings of a [`Breaker`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerLimits {
    /// Number of rounds of failures, without a success in between, at which the breaker opens. Failures that are
    /// noticed in one pass are one round.
    pub rounds: u32,
    /// Time from the failure that opens it to the first trial, in seconds. Doubles with every further round.
    pub base: Seconds,
    /// Longest time from a failure to the next trial, in seconds.
    pub most: Seconds,
    /// Time that a machine must stay up to be a success, in seconds. Longer than the first heartbeat may take.
    pub proof: Seconds,
}

impl Default for BreakerLimits {
    fn default() -> BreakerLimits {
        BreakerLimits { rounds: 2, base: 30, most: 900, proof: 360 }
    }
}

/// The answer of a [`Breaker`] to a wish for launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// No restriction.
    Free,
    /// One machine, as a trial.
    Trial,
    /// None until the time given; without one, until the machine on trial is up or has failed.
    Closed(Option<Seconds>),
}

/// Holds launches back while machines fail to come up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// Launched machines that have not been up for long enough, with the time since which they are up.
    unproved: BTreeMap<MachineId, Option<Seconds>>,
    failures: u32,
    rounds: u32,
    last_failure: Option<Seconds>,
}

impl Breaker {
    /// Returns the number of failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns the number of rounds of failures since the last success.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// Returns the machines that are not yet a success.
    pub fn unproved(&self) -> impl Iterator<Item = &MachineId> {
        self.unproved.keys()
    }

    /// Takes note of a launch.
    pub fn launched(&mut self, machine: MachineId) {
        self.unproved.insert(machine, None);
    }

    /// Takes note that a machine is up since a time.
    pub fn up(&mut self, machine: &MachineId, since: Seconds) {
        if let Some(up) = self.unproved.get_mut(machine) {
            up.get_or_insert(since);
        }
    }

    /// Takes note that a machine failed before it was a success. Machines that were, or were ended on purpose, are
    /// ignored.
    pub fn failed(&mut self, machine: &MachineId, now: Seconds) {
        if self.unproved.remove(machine).is_none() {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.last_failure != Some(now) {
            self.rounds = self.rounds.saturating_add(1);
            self.last_failure = Some(now);
        }
    }

    /// Takes note that a machine was ended on purpose.
    pub fn ended(&mut self, machine: &MachineId) {
        self.unproved.remove(machine);
    }

    /// Counts machines that have been up for long enough as successes, which close the breaker.
    pub fn review(&mut self, limits: &BreakerLimits, now: Seconds) {
        let before = self.unproved.len();
        self.unproved.retain(|_, up| up.is_none_or(|since| now.saturating_sub(since) < limits.proof));
        if self.unproved.len() < before {
            (self.failures, self.rounds, self.last_failure) = (0, 0, None);
        }
    }

    /// Returns the admission of launches at `now`.
    pub fn admission(&self, limits: &BreakerLimits, now: Seconds) -> Admission {
        // In a large fleet some machines fail while many come up: then the image is not to blame.
        let up = self.unproved.values().flatten().count();
        let mostly_fails = usize::try_from(self.failures).unwrap_or(usize::MAX) > up;
        let (Some(last), true) = (self.last_failure, mostly_fails && self.rounds >= limits.rounds) else {
            return Admission::Free;
        };
        let doublings = self.rounds.saturating_sub(limits.rounds).min(30);
        let until = last.saturating_add(limits.base.saturating_mul(1 << doublings).min(limits.most));
        if now < until {
            Admission::Closed(Some(until))
        } else if self.unproved.is_empty() {
            Admission::Trial
        } else {
            Admission::Closed(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MachineId {
        MachineId::new(text)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for (name, at) in [("a", 100), ("b", 200)] {
            breaker.launched(id(name));
            breaker.failed(&id(name), at);
        }
        breaker
    }

    #[test]
    fn opens_at_the_second_round_and_admits_one_trial_after_the_base_time() {
        let limits = BreakerLimits::default();
        let mut breaker = opened();
        assert_eq!(breaker.admission(&limits, 229), Admission::Closed(Some(230)));
        assert_eq!(breaker.admission(&limits, 230), Admission::Trial);
        breaker.launched(id("c"));
        assert_eq!(breaker.admission(&limits, 231), Admission::Closed(None));
        breaker.failed(&id("c"), 300);
        assert_eq!(breaker.admission(&limits, 359), Admission::Closed(Some(360)));
    }

    #[test]
    fn failures_of_one_second_are_one_round() {
        let limits = BreakerLimits::default();
        let mut breaker = Breaker::default();
        for name in ["a", "b", "c"] {
            breaker.launched(id(name));
        }
        for name in ["a", "b", "c"] {
            breaker.failed(&id(name), 50);
        }
        assert_eq!((breaker.failures(), breaker.admission(&limits, 50)), (3, Admission::Free));
    }

    #[test]
    fn machine_that_stays_up_closes_it() {
        let limits = BreakerLimits::default();
        let mut breaker = opened();
        breaker.launched(id("c"));
        breaker.up(&id("c"), 300);
        breaker.review(&limits, 659);
        assert_eq!(breaker.failures(), 2);
        breaker.review(&limits, 660);
        assert_eq!((breaker.failures(), breaker.admission(&limits, 660)), (0, Admission::Free));
    }

    #[test]
    fn stays_closed_while_more_machines_are_up_than_failed() {
        let mut breaker = opened();
        for name in ["c", "d"] {
            breaker.launched(id(name));
            breaker.up(&id(name), 200);
        }
        assert_eq!(breaker.admission(&BreakerLimits::default(), 201), Admission::Free);
    }

    #[test]
    fn machine_that_was_a_success_or_ended_on_purpose_does_not_fail() {
        let mut breaker = Breaker::default();
        breaker.launched(id("a"));
        breaker.ended(&id("a"));
        breaker.failed(&id("a"), 10);
        breaker.failed(&id("never launched"), 10);
        assert_eq!(breaker.failures(), 0);
    }
}
