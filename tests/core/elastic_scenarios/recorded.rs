//! Every recorded scenario: the trace is met, or where the original had a fault, the fault is gone.

use std::fs;
use std::path::{Path, PathBuf};

use hoist::elastic::simulate::{Scenario, simulate};
use serde_json::Value;

use super::comparison::difference;
use super::wants::holds;

/// The scenarios, below the package's directory.
const GIVEN: &str = "tests/core/elastic_scenarios/given";

/// Scenarios whose check no trace can pass. Three of its jobs run for 3000 s, so the last job that is done is never
/// done by 1200; [`short_jobs_beside_long_ones_do_not_wait_for_them`] checks the intent.
const CONTRADICTORY: [&str; 1] = ["coalition-16-busy-count-as-free"];

fn scenarios() -> Vec<(PathBuf, Scenario)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(GIVEN);
    let mut paths: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scenarios in {}", directory.display());
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

fn read(path: &Path) -> Scenario {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn given(id: &str) -> Scenario {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(GIVEN).join(format!("{id}.json")))
}

fn trace(scenario: &Scenario) -> Value {
    serde_json::to_value(simulate(scenario)).unwrap()
}

#[test]
fn traces_without_a_fault_of_the_original_are_met_event_by_event() {
    let mut wrong = Vec::new();
    for (path, scenario) in scenarios().iter().filter(|(_, scenario)| !scenario.quirk) {
        let found = trace(scenario);
        let alternatives = scenario.alternatives.as_object().into_iter().flat_map(|all| all.values());
        let expected = std::iter::once(&scenario.expect).chain(alternatives);
        let differences: Vec<_> = expected.map(|trace| difference(&trace["events"], &found["events"])).collect();
        if !differences.iter().any(Vec::is_empty) {
            wrong.push(format!("{}:\n{}", path.display(), differences[0].join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_of_the_originals_are_gone() {
    let mut wrong = Vec::new();
    for (path, scenario) in scenarios().iter().filter(|(_, scenario)| scenario.quirk) {
        if CONTRADICTORY.contains(&scenario.id.as_str()) {
            continue;
        }
        let found = trace(scenario);
        for want in scenario.want.as_array().into_iter().flatten().filter(|want| !holds(want, &found)) {
            wrong.push(format!("{}: {want}, but {}", path.display(), found["summary"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_traces_of_the_originals_show_their_faults() {
    for (path, scenario) in scenarios().iter().filter(|(_, scenario)| scenario.quirk) {
        let mut wants = scenario.want.as_array().into_iter().flatten();
        assert!(wants.any(|want| !holds(want, &scenario.expect)), "{}", path.display());
    }
}

#[test]
fn observations_and_totals_are_the_recorded_ones_where_rules_and_events_are_equal() {
    // The instances that were described in the second of an end; calls for machines that had ended.
    let but = ["elastiq-50-restart-existing", "elastiq-36-error-at-boot"];
    let mut compared = 0;
    for (path, scenario) in scenarios().iter().filter(|(_, scenario)| !scenario.quirk) {
        let found = trace(scenario);
        let differs = !difference(&scenario.expect["events"], &found["events"]).is_empty();
        if differs || but.contains(&scenario.id.as_str()) {
            continue;
        }
        for part in ["observations", "summary", "final", "series", "engine_state"] {
            assert_eq!(found[part], scenario.expect[part], "{} {part}", path.display());
        }
        compared += 1;
    }
    assert!(compared > 50, "only {compared} were compared");
}

#[test]
fn short_jobs_beside_long_ones_do_not_wait_for_them() {
    let found = trace(&given("coalition-16-busy-count-as-free"));
    let sightings = found["observations"].as_array().unwrap();
    let by_1200 = sightings.iter().rfind(|sighting| sighting[0].as_i64().unwrap() <= 1200).unwrap();
    assert_eq!(by_1200[1]["waiting"], 0);
    assert_eq!(found["summary"]["jobs_done"], 6);
}

#[test]
fn unknown_key_is_named_with_its_part() {
    let text = r#"{"format": 1, "id": "x", "engine": "elastiq", "duration": 9, "config": {"quota": {"max_vm": 3}}}"#;
    let error = Scenario::parse(text).unwrap_err().to_string();
    assert!(error.contains("scenario x: in `config`: unknown field `max_vm`"), "{error}");
    let text = r#"{"format": 1, "id": "x", "engine": "elastiq", "duration": 9, "config": {}, "clowd": {}}"#;
    let error = Scenario::parse(text).unwrap_err().to_string();
    assert!(error.contains("unknown field `clowd`"), "{error}");
}

#[test]
fn value_out_of_range_is_named_with_what_is_accepted() {
    let parse = |engine: &str, duration: i64| {
        let text =
            format!(r#"{{"format": 1, "id": "x", "engine": "{engine}", "duration": {duration}, "config": {{}}}}"#);
        Scenario::parse(&text).unwrap_err().to_string()
    };
    assert_eq!(
        parse("fortune", 9),
        "scenario x: `engine` is fortune, but must be elastiq, npreserving, queuelen or coalition"
    );
    assert!(parse("elastiq", -1).starts_with("scenario x: `duration` is -1, but must be seconds from 0"));
}
