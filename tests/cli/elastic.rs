//! What scalers would do.

use serde_json::Value;

use crate::lab::Lab;

const GIVEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/core/elastic_scenarios/given");

/// Fifty jobs of two processors, and one that no machine has the memory for.
const JOBS: &str = "{\"at\": 0, \"run\": 600, \"count\": 50, \"cpus\": 2, \"memory\": \"4GB\"}\n\
                    {\"at\": 100, \"run\": 100, \"memory\": \"1TB\", \"group\": \"huge\"}\n";

const MACHINE: &str = "--machine cpus=8,memory=32GB,price=0.4,boot=2m --max 6";

#[test]
fn a_scenario_shows_each_decision_of_its_engine() {
    let lab = Lab::new();
    let file = format!("{GIVEN}/coalition-01-burst.json");
    for words in ["", " --engine coalition"] {
        lab.hoist(&format!("elastic simulate {file}{words}"))
            .exit(0)
            .says("coalition-01-burst: coalition, 1 h 00 m in virtual time\n")
            .says("  machines       3 launched, 3 ended, at most 3 at once\n")
            .says("  930 s  stop   1 machine  idle  m1\n");
    }
    let trace = lab.hoist(&format!("elastic simulate {file} -o json")).exit(0).json();
    assert_eq!((&trace["schema"], &trace["rules"]), (&Value::from(1), &Value::from("repaired")));
    assert_eq!(trace["events"][0]["action"], "start");
    assert_eq!(trace["summary"]["starts"], 3);
}

#[test]
fn engines_are_compared_on_a_log_of_jobs() {
    let lab = Lab::new();
    lab.file("jobs.jsonl", JOBS);
    let words = format!("elastic simulate jobs.jsonl {MACHINE}");
    lab.hoist(&words)
        .exit(0)
        .says("jobs done")
        .says("classad")
        .says("elastiq")
        .says("! classad: never served: 1 job of huge\n  needs 1048576 MiB of memory, a slot of machine has 32768\n");
    let document = lab.hoist(&format!("{words} --engine classad --engine fixed:6 --svg . -o json")).exit(0).json();
    assert_eq!(document["format"], "native");
    let [classad, fixed] = document["engines"].as_array().unwrap().as_slice() else { panic!("{document}") };
    for engine in [classad, fixed] {
        assert_eq!((&engine["jobs"]["total"], &engine["jobs"]["done"]), (&Value::from(51), &Value::from(50)));
        assert_eq!((&engine["interrupted"], &engine["churn"]["most"]), (&Value::from(0), &Value::from(6)));
        let drawing = lab.path(&format!("{}.svg", engine["engine"].as_str().unwrap().replace(':', "-")));
        assert!(std::fs::read_to_string(drawing).unwrap().starts_with("<svg "));
    }
    // Three hours of six machines in which 50 jobs of 600 s run four at a time on each: 0.4 an hour.
    let cost = |engine: &Value| engine["cost"].as_f64().unwrap() / engine["machine_hours"]["asked"].as_f64().unwrap();
    assert!((cost(classad) - 0.4).abs() < 1e-9 && (cost(fixed) - 0.4).abs() < 1e-9, "{document}");
}

#[test]
fn a_scenario_is_a_workload_for_other_engines() {
    let lab = Lab::new();
    let file = format!("{GIVEN}/elastiq-25-random-11.json");
    let words = format!("elastic simulate {file} --engine elastiq --engine classad --engine oracle -o json");
    let document = lab.hoist(&words).exit(0).json();
    let engines: Vec<&str> =
        document["engines"].as_array().unwrap().iter().map(|engine| engine["engine"].as_str().unwrap()).collect();
    assert_eq!((document["format"].as_str(), engines), (Some("scenario"), vec!["elastiq", "classad", "oracle"]));
    let hours = |at: usize| document["engines"][at]["machine_hours"]["asked"].as_f64().unwrap();
    assert!(hours(1) < hours(0) && hours(2) < hours(1), "{document}");
}

/// The marks of the engine `classad` beside `elastiq`: summed over the bursts, waves and random workloads that are given, at
/// equal minimum and maximum, its jobs wait no longer, and its machines are there a fifth less.
#[test]
fn classad_needs_fewer_machine_hours_than_elastiq_and_lets_no_job_wait_longer() {
    let lab = Lab::new();
    let mut sums = [[0.0; 2]; 2];
    let mut workloads = 0;
    for entry in std::fs::read_dir(GIVEN).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !["burst", "wave", "random"].iter().any(|kind| name.contains(kind)) {
            continue;
        }
        workloads += 1;
        let words = format!("elastic simulate {} --engine classad --engine elastiq -o json", path.display());
        let document = lab.hoist(&words).exit(0).json();
        for (sum, engine) in sums.iter_mut().zip(document["engines"].as_array().unwrap()) {
            assert_eq!(engine["jobs"]["done"], engine["jobs"]["total"], "{name}: {engine}");
            sum[0] += engine["wait_hours"].as_f64().unwrap();
            sum[1] += engine["machine_hours"]["asked"].as_f64().unwrap();
        }
    }
    let [classad, elastiq] = sums;
    assert!(workloads >= 8 && elastiq[0] > 0.0, "{workloads} workloads, {sums:?}");
    assert!(classad[0] <= elastiq[0], "hours waited: {sums:?}");
    assert!(classad[1] <= 0.8 * elastiq[1], "machine hours: {sums:?}");
}

#[test]
fn what_cannot_be_simulated_is_named() {
    let lab = Lab::new();
    lab.file("bad.jsonl", "{\"at\": 0, \"run\": 600}\n{\"at\": -1, \"run\": 600}\n").file("text", "hello\n");
    lab.file("jobs.jsonl", JOBS);
    for (words, code, why) in [
        ("nothing.json", 1, "cannot read nothing.json: No such file"),
        ("text", 1, "text: the content is none of: lines of JSON"),
        ("bad.jsonl", 1, "bad.jsonl: line 2: "),
        ("jobs.jsonl --min 7 --max 6", 64, "a minimum of 7 machines is above the maximum, 6"),
        ("jobs.jsonl --engine coalition", 64, "coalition decides in its own scenarios alone"),
        ("jobs.jsonl --engine elastik", 64, "did you mean \"elastiq\"?"),
        ("jobs.jsonl --machine cpus=0", 64, "\"0\" is not a number of processors"),
        ("jobs.jsonl --idle soon", 64, "\"soon\" is no duration"),
        ("jobs.jsonl --svg jobs.jsonl", 1, "cannot make the directory jobs.jsonl"),
    ] {
        lab.hoist(&format!("elastic simulate {words}")).exit(code).stdout("").says(why);
    }
}
