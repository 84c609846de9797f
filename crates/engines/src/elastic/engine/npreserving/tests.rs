use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::config_error::ConfigError;
use super::super::decision::Decision;
use super::super::interface::Engine;
use super::super::machine::{Health, Machine, MachineId, MachineState};
use super::super::memory::Memory;
use super::super::observation::Observation;
use super::super::outcome::{Launched, Outcome};
use super::super::protection::Protection;
use super::super::reading::Reading;
use super::{NpreservingConfig, NpreservingEngine};

fn settings(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn engine(value: Value, protection: Protection) -> NpreservingEngine {
    NpreservingEngine::new(NpreservingConfig::default().with(&settings(value)).unwrap(), protection)
}

fn machine(id: &str, state: MachineState, unique: Option<&str>) -> Machine {
    Machine {
        id: MachineId::new(id),
        kind: None,
        state,
        launched_at: Some(0),
        state_since: Some(0),
        own: true,
        health: Health::Unknown,
        unique: unique.map(Arc::from),
        ends_at: None,
    }
}

/// Decides once, launches what is asked for as `n1`, `n2` …, and returns the decisions in words.
fn pulse(engine: &NpreservingEngine, machines: &[Machine], memory: Memory) -> (Vec<String>, Memory) {
    let observation =
        Observation { machines: Reading::Fresh { value: Cow::Borrowed(machines) }, ..Observation::unread(100) };
    let pass = engine.decide(&observation, memory);
    let mut outcome = Outcome::nothing(100);
    let mut words = Vec::new();
    for (index, decision) in pass.decisions.iter().enumerate() {
        match decision {
            Decision::Launch(launch) => {
                let slot = launch.slot.as_deref().unwrap_or("-");
                words.push(format!("launch {} {slot} {}", launch.count, json!(launch.variables)));
                let machine = MachineId::new(format!("n{}", index + 1));
                outcome.launched.push(Launched { decision: index, machine });
            }
            Decision::Terminate(ended) => {
                words.push(format!("{} {}", ended.reason.word().unwrap(), json!(ended.machines)));
                outcome.terminated.extend(ended.machines.iter().cloned());
            }
            other => panic!("npreserving never decides {other:?}"),
        }
    }
    (words, engine.settle(&outcome, pass.memory))
}

#[test]
fn every_slot_gets_its_own_variables_over_the_common_ones() {
    let engine = engine(
        json!({"preserve_n": "2", "unique_instances": {"p0": {"a": "own"}}, "provisioner_vars": {"a": "x", "b": "y"}}),
        Protection::none(),
    );
    let (words, _) = pulse(&engine, &[], engine.start(0, &[]));
    assert_eq!(words, [r#"launch 1 p0 {"a":"own","b":"y"}"#, r#"launch 1 - {"a":"x","b":"y"}"#]);
}

#[test]
fn slot_that_is_taken_out_ends_its_machine_and_no_other() {
    let mut engine = engine(json!({"preserve_n": 2, "unique_instances": {"p0": {}, "p1": {}}}), Protection::none());
    let (_, mut memory) = pulse(&engine, &[], engine.start(0, &[]));
    engine.reconfigure(&settings(json!({"unique_instances": {"p1": {}}, "preserve_n": 1})), &mut memory).unwrap();
    let machines = [machine("n1", MachineState::Running, None), machine("n2", MachineState::Running, None)];
    assert_eq!(pulse(&engine, &machines, memory).0, [r#"unique_removed ["n1"]"#]);
}

#[test]
fn slot_that_never_had_a_machine_is_taken_out_in_silence() {
    let mut engine = engine(json!({"preserve_n": 1}), Protection::none());
    let mut memory = engine.start(0, &[]);
    engine.reconfigure(&settings(json!({"unique_instances": {"p7": {}}})), &mut memory).unwrap();
    engine.reconfigure(&settings(json!({"unique_instances": {}})), &mut memory).unwrap();
    assert_eq!(pulse(&engine, &[], memory).0, ["launch 1 - {}"]);
}

#[test]
fn surplus_ends_the_first_launched_and_with_protection_those_on_their_way() {
    let machines = [machine("a", MachineState::Running, None), machine("b", MachineState::Pending, None)];
    for (protection, ended) in [(Protection::none(), "a"), (Protection::default(), "b")] {
        let engine = engine(json!({"preserve_n": 1}), protection);
        let (words, _) = pulse(&engine, &machines, engine.start(0, &[]));
        assert_eq!(words, [format!("surplus [\"{ended}\"]")]);
    }
}

#[test]
fn restarted_engine_finds_the_holders_of_slots_by_what_the_journal_says() {
    let machines = [machine("a", MachineState::Running, Some("p0"))];
    let engine = engine(json!({"preserve_n": 1, "unique_instances": {"p0": {}}}), Protection::default());
    assert_eq!(pulse(&engine, &machines, engine.start(0, &[])).0, [""; 0]);
}

#[test]
fn machine_that_failed_to_come_up_is_ended_and_replaced() {
    let engine = engine(json!({"preserve_n": 1}), Protection::none());
    let machines = [machine("a", MachineState::Error, None)];
    assert_eq!(pulse(&engine, &machines, engine.start(0, &[])).0, [r#"unhealthy ["a"]"#, "launch 1 - {}"]);
}

#[test]
fn refused_settings_name_the_setting_and_change_nothing() {
    let mut engine = engine(json!({"preserve_n": 2, "unique_instances": {"p0": {}, "p1": {}}}), Protection::none());
    let mut memory = engine.start(0, &[]);
    let before = engine.config().clone();
    let refused = engine.reconfigure(&settings(json!({"preserve_n": "1"})), &mut memory);
    assert_eq!(refused, Err(ConfigError::Slots { slots: 2, machines: 1 }));
    for value in [json!("-1"), json!("many"), json!(null)] {
        let error = engine.reconfigure(&settings(json!({"preserve_n": value})), &mut memory).unwrap_err();
        assert!(error.to_string().starts_with("`preserve_n` is "), "{error}");
    }
    assert_eq!(engine.config(), &before);
}
