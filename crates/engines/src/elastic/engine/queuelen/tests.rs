use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::config_error::ConfigError;
use super::super::decision::Decision;
use super::super::interface::Engine;
use super::super::machine::{Health, Machine, MachineId, MachineState};
use super::super::memory::Memory;
use super::super::observation::{Demand, Observation};
use super::super::outcome::{Launched, Outcome};
use super::super::protection::Protection;
use super::super::reading::Reading;
use super::super::seconds::Seconds;
use super::{QueuelenConfig, QueuelenEngine};

fn engine(high: i64, low: i64, minimum: i64, protection: Protection) -> QueuelenEngine {
    let config =
        QueuelenConfig { high_water: high, low_water: low, min_instances: minimum, ..QueuelenConfig::default() };
    QueuelenEngine::new(config, protection)
}

fn machine(id: &str, state: MachineState) -> Machine {
    Machine {
        id: MachineId::new(id),
        kind: None,
        state,
        launched_at: Some(0),
        state_since: Some(90),
        own: true,
        health: Health::Unknown,
        unique: None,
        ends_at: None,
    }
}

fn reading(length: u64, age: Seconds) -> Reading<Demand> {
    let value = Demand { waiting: length, unservable: 0 };
    if age == 0 { Reading::Fresh { value } } else { Reading::Stale { value, age } }
}

/// Decides once at `now` and returns the words of the decisions with their numbers of machines.
fn pulse(
    engine: &QueuelenEngine,
    now: Seconds,
    demand: Reading<Demand>,
    machines: &[Machine],
    memory: Memory,
) -> (Vec<(&'static str, usize)>, Memory) {
    let machines = Reading::Fresh { value: Cow::Borrowed(machines) };
    let pass = engine.decide(&Observation { demand, machines, ..Observation::unread(now) }, memory);
    let mut outcome = Outcome::nothing(now);
    let mut words = Vec::new();
    for (index, decision) in pass.decisions.iter().enumerate() {
        match decision {
            Decision::Launch(launch) => {
                words.push((launch.reason.word().unwrap(), launch.count as usize));
                outcome.launched.push(Launched { decision: index, machine: MachineId::new(format!("n{now}")) });
            }
            Decision::Terminate(ended) => {
                words.push((ended.reason.word().unwrap(), ended.machines.len()));
                outcome.terminated.extend(ended.machines.iter().cloned());
            }
            other => panic!("queuelen never decides {other:?}"),
        }
    }
    (words, engine.settle(&outcome, pass.memory))
}

fn once(engine: &QueuelenEngine, length: u64, machines: &[Machine]) -> Vec<(&'static str, usize)> {
    pulse(engine, 1000, reading(length, 0), machines, engine.start(0, &[])).0
}

#[test]
fn marks_themselves_change_nothing_and_one_beyond_changes_one_machine() {
    let engine = engine(50, 10, 0, Protection::none());
    let two = [machine("a", MachineState::Running), machine("b", MachineState::Running)];
    assert_eq!(once(&engine, 50, &two), []);
    assert_eq!(once(&engine, 51, &two), [("queue", 1)]);
    assert_eq!(once(&engine, 10, &two), []);
    assert_eq!(once(&engine, 9, &two), [("low_water", 1)]);
}

#[test]
fn first_machine_comes_for_any_work_and_the_minimum_without_a_reading() {
    assert_eq!(once(&engine(50, 10, 0, Protection::none()), 1, &[]), [("queue", 1)]);
    assert_eq!(once(&engine(50, 10, 0, Protection::none()), 0, &[]), []);
    let minimum = engine(50, 10, 2, Protection::none());
    let none = Reading::Failed { reason: "no sensor".into() };
    assert_eq!(pulse(&minimum, 1000, none, &[], minimum.start(0, &[])).0, [("min", 2)]);
}

#[test]
fn machine_on_its_way_stops_growth_for_good_without_protection_and_for_a_minute_with_it() {
    let pending = [machine("a", MachineState::Running), machine("b", MachineState::Pending)];
    for (protection, later) in [(Protection::none(), vec![]), (Protection::default(), vec![("queue", 1)])] {
        let engine = engine(50, 10, 0, protection);
        let (first, memory) = pulse(&engine, 100, reading(100, 0), &pending[..1], engine.start(0, &[]));
        assert_eq!(first, [("queue", 1)]);
        let (soon, memory) = pulse(&engine, 155, reading(100, 0), &pending, memory);
        assert_eq!(soon, []);
        assert_eq!(pulse(&engine, 160, reading(100, 0), &pending, memory).0, later);
    }
}

#[test]
fn silent_sensor_neither_grows_nor_shrinks_the_fleet_with_protection() {
    let running = [machine("a", MachineState::Running), machine("b", MachineState::Running)];
    let engine = engine(50, 10, 0, Protection::default());
    for length in [100, 0] {
        let (old, _) = pulse(&engine, 1000, reading(length, 301), &running, engine.start(0, &[]));
        assert_eq!(old, []);
        let (young, _) = pulse(&engine, 1000, reading(length, 300), &running, engine.start(0, &[]));
        assert_eq!(young.len(), 1);
    }
}

#[test]
fn last_machine_stays_while_there_is_work_with_protection() {
    let one = [machine("a", MachineState::Running)];
    assert_eq!(once(&engine(50, 10, 0, Protection::none()), 5, &one), [("low_water", 1)]);
    assert_eq!(once(&engine(50, 10, 0, Protection::default()), 5, &one), []);
    assert_eq!(once(&engine(50, 10, 0, Protection::default()), 0, &one), [("low_water", 1)]);
}

#[test]
fn swapped_marks_are_put_in_order_with_protection() {
    let one = [machine("a", MachineState::Running)];
    assert_eq!(once(&engine(10, 50, 0, Protection::none()), 30, &one), [("queue", 1)]);
    assert_eq!(once(&engine(10, 50, 0, Protection::default()), 30, &one), []);
}

#[test]
fn end_that_is_not_confirmed_is_not_asked_for_again() {
    let two = [machine("a", MachineState::Running), machine("b", MachineState::Running)];
    let engine = engine(50, 10, 0, Protection::none());
    let (first, memory) = pulse(&engine, 100, reading(0, 0), &two, engine.start(0, &[]));
    assert_eq!(first, [("low_water", 1)]);
    assert_eq!(pulse(&engine, 105, reading(0, 0), &two, memory).0, []);
}

#[test]
fn settings_without_a_mark_or_with_a_negative_minimum_are_refused() {
    let read = |value: Value| QueuelenConfig::from_settings(value.as_object().unwrap());
    let missing = read(json!({"queuelen_high_water": "50"}));
    assert_eq!(missing, Err(ConfigError::Missing { setting: "queuelen_low_water" }));
    let negative = json!({"queuelen_high_water": "50", "queuelen_low_water": 10, "min_instances": "-1"});
    assert!(read(negative).unwrap_err().to_string().contains("min_instances"));
}
