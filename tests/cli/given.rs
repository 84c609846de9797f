//! What is given on the command line in ways that people try: help, a directory, standard input, several runs.

use std::process::Stdio;

use serde_json::Value;

use crate::lab::Lab;

const PLAN: &str = "[[levels]]\n[levels.services.web]\nrun_on = \"this-host\"\nboot = \"true.sh\"\n";

#[test]
fn several_runs_are_one_document() {
    let lab = Lab::with_plan(PLAN);
    for name in ["a", "b"] {
        lab.hoist(&format!("plan boot demo.toml --name {name}")).exit(0);
    }
    let ended = lab.hoist("plan terminate a nowhere b -o json --yes").exit(1);
    let document = ended.json();
    assert_eq!(document["schema"], 1);
    let runs = document["runs"].as_array().unwrap();
    let named: Vec<&Value> = runs.iter().map(|run| &run["run"]).collect();
    assert_eq!(named, ["a", "nowhere", "b"]);
    assert_eq!((&runs[0]["outcome"], &runs[2]["outcome"]), (&Value::from("gone"), &Value::from("gone")));
    assert!(runs[1]["error"].as_str().unwrap().contains("nowhere"), "{document:#}");
    // Those of runs that have ended, too, while one run is a document by itself.
    let again = lab.hoist("plan terminate a b -o json").exit(0).json();
    assert_eq!((&again["runs"][0]["outcome"], &again["runs"][1]["run"]), (&Value::from("gone"), &Value::from("b")));
    let one = lab.hoist("plan terminate a -o json").exit(0).json();
    assert_eq!((&one["run"], &one["outcome"], &one["runs"]), (&Value::from("a"), &Value::from("gone"), &Value::Null));
    let lines = lab.hoist("plan terminate a b -o jsonl").exit(0);
    for line in lines.stdout.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[test]
fn of_several_runs_the_one_that_remains_is_told() {
    let lab = Lab::with_plan(PLAN);
    lab.program("false.sh", "exit 1");
    lab.file("keep.toml", PLAN.replace("boot =", "terminate = \"false.sh\"\nboot ="));
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan boot keep.toml").exit(0);
    // Whatever becomes of those after it.
    let document = lab.hoist("plan terminate keep nowhere demo -o json").exit(3).json();
    let outcomes: Vec<&Value> = document["runs"].as_array().unwrap().iter().map(|run| &run["outcome"]).collect();
    assert_eq!(outcomes, [&Value::from("remains"), &Value::Null, &Value::from("gone")]);
    lab.hoist("plan terminate keep --force").exit(0);
}

#[test]
fn help_is_found_where_it_is_looked_for() {
    let lab = Lab::new();
    let help = lab.hoist("plan boot --help").exit(0).stdout;
    assert_eq!(lab.hoist("help plan boot").exit(0).stdout, help);
    assert_eq!(lab.hoist("plan help boot").exit(0).stdout, help);
    assert_eq!(lab.hoist("help").exit(0).stdout, lab.hoist("--help").exit(0).stdout);
    assert_eq!(lab.hoist("plan help").exit(0).stdout, lab.hoist("plan --help").exit(0).stdout);
    let unknown = lab.hoist("help plan bot").exit(64);
    assert!(unknown.stderr.contains("'bot'") && unknown.stderr.contains("boot"), "{unknown}");
    let alone = lab.hoist("").exit(64);
    for part in ["Usage: hoist", "plan ", "annex ", "help "] {
        assert!(alone.stderr.contains(part), "{alone}");
    }
}

#[test]
fn an_empty_variable_names_no_state_file() {
    let lab = Lab::with_plan(PLAN);
    let call = |words: &str| lab.hoist(words).env("HOIST_STATE", "").env("XDG_STATE_HOME", lab.path("xdg"));
    call("plan boot demo.toml").exit(0);
    assert!(lab.path("xdg/hoist/hoist.db").exists());
    call("plan terminate demo --yes").exit(0);
}

#[test]
fn a_directory_is_answered_with_the_plans_in_it() {
    let lab = Lab::with_plan(PLAN);
    lab.file("farm/web.toml", PLAN).file("farm/other.toml", "[tool]\n").file("farm/readme.txt", "");
    lab.file("two/a.toml", PLAN).file("two/top.conf", "[runlevels]\nlevel1: x.conf\n");
    for (directory, hint) in [
        ("farm", "  name the plan in it: farm/web.toml"),
        ("two", "  name one of the plans in it: two/a.toml, two/top.conf"),
    ] {
        for command in ["boot", "validate"] {
            let refused = lab.hoist(&format!("plan {command} {directory}")).exit(1);
            assert!(refused.stderr.contains("is a directory") && refused.stderr.contains(hint), "{refused}");
        }
    }
}

#[test]
fn a_plan_is_read_from_standard_input() {
    let lab = Lab::with_plan(PLAN);
    lab.file("level.conf", "[svc-web]\nhostname: localhost\nlocal_exe: true\niaas_launch: false\nbootpgm: true.sh\n");
    lab.file("top.conf", "[runlevels]\nlevel1: level.conf\n[defaults]\niaas: local\n");
    lab.file("bad.toml", "[[levels]]\n[levels.services.web]\nboot = \"none.sh\"\n");
    let read = |file: &str| {
        let mut command = lab.hoist("plan validate -").into_command();
        command.stdin(std::fs::File::open(lab.path(file)).unwrap());
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, stdout, stderr) = read("demo.toml");
    assert!(code == Some(0) && stdout.contains("is valid: 1 service in 1 level"), "{code:?} {stdout} {stderr}");
    let (code, stdout, stderr) = read("top.conf");
    assert!(code == Some(0) && stdout.contains("is valid: 1 service in 1 level"), "{code:?} {stdout} {stderr}");
    let (code, _, stderr) = read("bad.toml");
    assert!(code == Some(1) && stderr.contains("standard input:3: ") && stderr.contains("none.sh"), "{stderr}");
}

#[test]
fn a_plan_of_a_hundred_thousand_services_is_no_larger_than_a_plan_may_be() {
    let lab = Lab::new();
    let mut plan = PLAN.to_owned();
    // As many bytes as such a plan has.
    let line = format!("# {}\n", "x".repeat(1000));
    while plan.len() < 20_000_000 {
        plan.push_str(&line);
    }
    lab.file("demo.toml", plan).program("true.sh", "exit 0");
    lab.hoist("plan validate demo.toml").exit(0);
}
