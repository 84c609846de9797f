//! Input and neighbours that a scaler's commands must bear.

use std::time::{Duration, Instant};

use crate::lab::Lab;

/// A fleet whose queue is a number in a file.
const FLEET: &str = "name = \"crunch\"\n[queue]\nkind = \"file\"\npath = \"waiting\"\n[cloud]\nprovider = \"local\"\n\
                     [machine]\n[engine]\nname = \"queuelen\"\nhigh = 5\nlow = 1\n";

#[test]
fn a_unit_listens_where_others_reach_it_only_if_that_is_allowed() {
    let lab = Lab::new();
    lab.hoist("elastic unit --listen 0.0.0.0:9187").exit(64).stdout("").says("--listen-publicly allows it");
    let unit = lab.hoist("elastic unit --listen 0.0.0.0:9187 --listen-publicly").exit(0).raw_stdout;
    assert!(unit.contains(" --listen 0.0.0.0:9187 --listen-publicly\n"), "{unit}");
    let unit = lab.hoist("elastic unit --listen 127.0.0.1:9187").exit(0).raw_stdout;
    assert!(unit.contains(" --listen 127.0.0.1:9187\n"), "{unit}");
    lab.hoist("elastic unit -o json").exit(64).stdout("").says("has no form in JSON");
}

#[test]
fn a_program_is_made_of_texts_alone() {
    let lab = Lab::new();
    let queue = "kind = \"command\"\nprogram = [\"echo\", 1]";
    lab.file("crunch.toml", FLEET.replace("kind = \"file\"\npath = \"waiting\"", queue));
    let refused = lab.hoist("elastic once --dry-run --config crunch.toml").exit(1);
    // As the user named it.
    assert!(refused.raw_stderr.starts_with("crunch.toml:4:"), "{refused}");
    assert!(refused.raw_stderr.contains("\"program\" of [queue] must be an array of strings"), "{refused}");
}

#[test]
fn a_program_that_cannot_be_run_is_refused_before_anything_starts() {
    let lab = Lab::new();
    lab.file("text", "#!/bin/sh\n");
    let queue = "kind = \"file\"\npath = \"waiting\"";
    let engine = "name = \"queuelen\"\nhigh = 5\nlow = 1";
    for (program, why, hint) in [
        ("./none", "/none is not there", "write its whole path, or that from "),
        ("no-such-program", "no-such-program is in no directory of PATH", "or ./no-such-program if it is in "),
        ("./text", "/text may not be executed", "chmod +x "),
        ("/etc/passwd", "/etc/passwd is no program: neither a script nor a binary", "a script that begins with #!"),
    ] {
        let fleets = [
            (4, FLEET.replace(queue, &format!("kind = \"command\"\nprogram = \"{program}\""))),
            (10, FLEET.replace(engine, &format!("name = \"command\"\nprogram = [\"{program}\", \"-v\"]"))),
        ];
        for (line, fleet) in fleets {
            lab.file("crunch.toml", fleet);
            let refused = lab.hoist("elastic once --config crunch.toml").exit(1);
            for part in [format!("crunch.toml:{line}:").as_str(), why, hint] {
                assert!(refused.raw_stderr.contains(part), "{program} {part}: {refused}");
            }
            assert_eq!(refused.raw_stderr.contains("chmod"), hint.starts_with("chmod"), "{program}: {refused}");
            lab.hoist("elastic list").exit(0).never_says("crunch");
        }
    }
}

#[test]
fn numbers_of_machines_that_make_no_sense_are_wrong_usage() {
    let lab = Lab::new();
    lab.file("jobs.jsonl", "{\"at\": 0, \"run\": 60}\n");
    for (options, why) in [
        ("--max 0", "0 is not in 1..=100000"),
        ("--min 100001", "100001 is not in 0..=100000"),
        ("--min 7 --max 3", "a minimum of 7 machines is above the maximum, 3"),
        ("--min 101", "a minimum of 101 machines is above the maximum, 100"),
        ("--engine fixed:0", "`fixed:N` with a number of machines from 1 to 100000"),
        ("--machine memry=8GB", "did you mean \"memory\"?"),
        ("--machine memory=0", "memory: \"0\" is not an amount"),
        ("--idle 0s", "--idle"),
    ] {
        lab.hoist(&format!("elastic simulate jobs.jsonl {options}")).exit(64).stdout("").says(why);
    }
    lab.file("jobs.jsonl", "{\"at\": 0, \"run\": 60, \"count\": 0}\n");
    lab.hoist("elastic simulate jobs.jsonl").exit(1).stdout("").says("line 1").says("at least 1");
}

#[test]
fn refusals_name_what_a_fleet_has() {
    let lab = Lab::new();
    lab.file("waiting", "0").file("worker", "#cloud-config\npassword: correct horse\n");
    lab.file("crunch.toml", FLEET.replace("[machine]\n", "[machine]\nuser_data = \"worker\"\n"));
    let refused = lab.hoist("elastic once --config crunch.toml").exit(1);
    refused.says("stands in the user data").says("let workers fetch it").never_says("--allow-secret");
    lab.file("crunch.toml", FLEET.replace("provider = \"local\"", "provider = \"gce\""));
    lab.hoist("elastic once --config crunch.toml").exit(1).never_says("--cloud local").says("GOOGLE_CLOUD_PROJECT");
}

#[test]
fn what_the_local_cloud_leaves_out_of_a_file_is_said_with_its_line() {
    let lab = Lab::new();
    lab.file("waiting", "0");
    let ignored = "provider = \"local\"\nregion = \"eu-central-1\"\n[machines.big]\nimage = \"ami-1\"\n\
                   instance_type = \"m5.large\"\nzones = [\"a\"]\ntags = { a = \"b\" }\n";
    lab.file("crunch.toml", FLEET.replace("provider = \"local\"\n[machine]\n", ignored));
    let told = lab.hoist("elastic once --dry-run --config crunch.toml").exit(0);
    for (line, key) in [(7, "region"), (9, "image"), (10, "instance_type"), (11, "zones")] {
        let warning = format!("crunch.toml:{line}: warning: \"{key}\" means nothing on the local cloud");
        assert!(told.raw_stderr.contains(&warning), "{warning}: {told}");
    }
    told.never_says("\"tags\" means");
}

#[test]
fn an_engine_that_the_source_cannot_serve_is_refused_when_it_is_set() {
    let lab = Lab::new();
    lab.file("crunch.toml", FLEET.replace("[machine]\n", "[machine]\n[workers]\nmax = 2\n")).file("waiting", "0");
    lab.hoist("elastic once --config crunch.toml").exit(0);
    let refused = lab.hoist("elastic set crunch --engine classad --no-wait").exit(64);
    refused
        .says("\"slots\" of machines")
        .says("engines that it can serve: queuelen, npreserving with --count N; once they stand in [engine] of ")
        .says("crunch.toml: command with program");
    // What does not answer is the scaler's to ask.
    lab.file("waiting", "");
    lab.hoist("elastic set crunch --engine classad --no-wait").exit(0);
}

#[test]
fn a_log_that_takes_centuries_is_refused_at_once() {
    let lab = Lab::new();
    lab.file("jobs.jsonl", "{\"at\": 0, \"run\": 60}\n{\"at\": 31536000000, \"run\": 60}\n");
    lab.hoist("elastic simulate jobs.jsonl").exit(1).stdout("").says("the last job arrives 31536000000 s");
    lab.file("jobs.jsonl", "{\"at\": 0, \"run\": 900000000}\n");
    lab.hoist("elastic simulate jobs.jsonl").exit(1).stdout("").says("the longest job runs 900000000 s");
}

#[test]
fn drawings_go_to_a_directory_that_is_made() {
    let lab = Lab::new();
    lab.file("jobs.jsonl", "{\"at\": 0, \"run\": 60}\n");
    lab.hoist("elastic simulate jobs.jsonl --engine elastiq --svg new/drawings").exit(0);
    assert!(lab.path("new/drawings/elastiq.svg").is_file());
}

#[test]
fn a_recording_of_a_number_is_replayed_by_the_engines_that_it_names() {
    let lab = Lab::new();
    lab.file("crunch.toml", FLEET).file("waiting", "3");
    let began = Instant::now();
    let record = "elastic record --config crunch.toml --to r.jsonl --for 1s";
    // Its length counts, whatever the time between readings.
    lab.hoist(record).exit(0).says("replays them with classad, elastiq, oracle and fixed:N").says("1 reading;");
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    for engine in ["classad", "elastiq", "oracle", "fixed:2"] {
        lab.hoist(&format!("elastic simulate r.jsonl --engine {engine}")).exit(0).says("3 of 3");
    }
}

#[test]
fn a_recording_whose_last_line_is_cut_is_replayed_and_continued() {
    let lab = Lab::new();
    lab.file("crunch.toml", FLEET).file("waiting", "3");
    let record = "elastic record --config crunch.toml --to r.jsonl --for 1s";
    lab.hoist(record).exit(0);
    let line = std::fs::read_to_string(lab.path("r.jsonl")).unwrap();
    let torn = &line[..line.len() / 2];
    lab.file("r.jsonl", format!("{line}{torn}"));
    lab.hoist("elastic simulate r.jsonl").exit(0).says("line 2, the last, is cut short").says("3 of 3");
    lab.hoist(record).exit(0).says("the last line of r.jsonl was cut short");
    let continued = std::fs::read_to_string(lab.path("r.jsonl")).unwrap();
    assert_eq!(continued.lines().count(), 2, "{continued}");
    lab.hoist("elastic simulate r.jsonl").exit(0).never_says("cut short");
    // As an earlier version continued it.
    lab.file("r.jsonl", format!("{line}{torn}{line}"));
    lab.hoist("elastic simulate r.jsonl").exit(1).says("line 2: a reading is cut short here");
}

#[test]
fn a_fleet_of_a_run_or_an_annex_that_is_not_there_is_refused_and_not_recorded() {
    let lab = Lab::new();
    lab.file("waiting", "1\n");
    for parent in ["run = \"webapp\"", "annex = \"near\""] {
        lab.file("elastic.toml", FLEET.replacen('\n', &format!("\n{parent}\n"), 1));
        for command in ["once", "once --dry-run", "run"] {
            let refused = lab.hoist(&format!("elastic {command} --config elastic.toml")).exit(1);
            assert!(refused.stderr.contains("elastic.toml:2: "), "{command}: {refused}");
        }
        assert_eq!(lab.hoist("elastic list --all -o json").exit(0).json()["fleets"], serde_json::json!([]));
    }
}

#[test]
fn workers_of_no_named_kind_are_of_the_cheapest() {
    let lab = Lab::new();
    lab.file("waiting", "9\n");
    let kinds = "[workers]\nmin = 2\nmax = 2\n[machines.a]\nprice = 0.5\n[machines.b]\nprice = 0.25\n[machines.c]\n";
    lab.file("elastic.toml", FLEET.replace("[machine]\n", kinds));
    lab.hoist("elastic once --config elastic.toml").exit(0);
    let status = lab.hoist("elastic status crunch -o json").run().json();
    assert_eq!(status["kinds"].as_object().unwrap().keys().collect::<Vec<_>>(), ["b"], "{status:#}");
    lab.hoist("elastic stop crunch --now --yes").exit(0).says("2 workers will be ended at once");
    lab.assert_nothing_runs();
}
