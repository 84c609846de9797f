//! What commands write as JSON keeps to the schemas that are published in `schemas/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use hoist_test_support::python;
use hoist_test_support::skip::skip;
use serde_json::Value;

use crate::lab::Lab;

/// The validator, and all that it needs, with versions.
const REQUIREMENTS: &str = "attrs==26.1.0
jsonschema==4.26.0
jsonschema-specifications==2025.9.1
referencing==0.37.0
rpds-py==2026.9.1
typing_extensions==4.16.0
";

/// Judges every document of a directory, whose name begins with that of its schema.
const VALIDATOR: &str = r#"
import json, pathlib, sys
from jsonschema import Draft202012Validator
schemas, documents, wrong = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), 0
for schema in schemas.glob("*.json"):
    Draft202012Validator.check_schema(json.loads(schema.read_text()))
for path in sorted(documents.iterdir()):
    schema = json.loads((schemas / (path.name.split("@")[0] + ".json")).read_text())
    for error in Draft202012Validator(schema).iter_errors(json.loads(path.read_text())):
        wrong += 1
        print(f"{path.name}: {error.json_path}: {error.message[:1000]}")
sys.exit(1 if wrong else 0)
"#;

/// Services that work, that fail, that have values of others, secrets and much else that documents tell.
const PLAN: &str = r#"
[[levels]]
[levels.services.db]
boot = "boot.sh"
ready = "true.sh"
terminate = { program = "true.sh", on_failure = "continue" }
attributes = { port = "5432" }
lease = "2h"
[[levels]]
[levels.services.web]
replicas = 2
boot = { program = "true.sh", args = ["${db.address}", "${db.token}"] }
"#;

/// Documents to be judged.
struct Documents(tempfile::TempDir);

impl Documents {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// What a command with `-o json` wrote is to keep to this schema.
    #[track_caller]
    fn keep(&self, schema: &str, lab: &Lab, words: &str, code: i32) {
        let document = lab.hoist(&format!("{words} -o json")).exit(code).json();
        self.add(schema, &document);
    }

    fn add(&self, schema: &str, document: &Value) {
        let number = fs::read_dir(self.0.path()).unwrap().count();
        fs::write(self.0.path().join(format!("{schema}@{number}")), document.to_string()).unwrap();
    }

    /// All of them do.
    #[track_caller]
    fn judge(&self) {
        let environment = match python::environment("jsonschema", REQUIREMENTS, &[("validate.py", VALIDATOR)]) {
            Ok(environment) => environment,
            Err(why) => return skip(&format!("schemas are not held against documents: {why}")),
        };
        let judged = Command::new(environment.join("bin/python"))
            .arg(environment.join("validate.py"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas"))
            .arg(self.0.path())
            .output()
            .unwrap();
        let (said, complained) = (String::from_utf8_lossy(&judged.stdout), String::from_utf8_lossy(&judged.stderr));
        assert!(judged.status.success(), "{said}{complained}");
    }
}

fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    lab.program("boot.sh", "echo up; echo '{\"token\": \"t\"}' > bootout.json");
    lab
}

#[test]
fn plans_and_runs_keep_to_their_schemas() {
    let (lab, documents) = (lab(), Documents::new());
    lab.file("bad.toml", "[[levels]]\n[levels.services.web]\nbot = \"x\"\n");
    documents.keep("plan-validate", &lab, "plan validate demo.toml", 0);
    documents.keep("plan-validate", &lab, "plan validate bad.toml", 1);
    documents.keep("plan-show", &lab, "plan show demo.toml", 0);
    documents.keep("plan-run", &lab, "plan boot demo.toml --dry-run", 0);
    documents.keep("plan-run", &lab, "plan boot demo.toml", 0);
    documents.keep("plan-run", &lab, "plan show demo", 0);
    documents.keep("plan-status", &lab, "plan status demo", 0);
    documents.keep("plan-status", &lab, "plan status demo --cached", 0);
    documents.keep("plan-list", &lab, "plan list", 0);
    documents.keep("plan-history", &lab, "plan history demo", 0);
    documents.keep("plan-logs", &lab, "plan logs demo", 0);
    documents.keep("plan-clean", &lab, "plan clean demo --dry-run", 0);
    documents.keep("plan-reload-dry-run", &lab, "plan reload demo.toml --dry-run", 0);
    lab.file("demo.toml", PLAN.replace("replicas = 2", "replicas = 3").replace("5432", "5433"));
    documents.keep("plan-reload-dry-run", &lab, "plan reload demo.toml --dry-run", 2);
    documents.keep("plan-run", &lab, "plan terminate demo", 0);
    documents.keep("plan-run", &lab, "plan terminate demo", 0);
    documents.keep("plan-terminate-several", &lab, "plan terminate demo nowhere", 1);
    documents.keep("plan-list", &lab, "plan list --all", 0);
    let given = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/core/elastic_scenarios/given");
    for scenario in ["elastiq-36-error-at-boot", "npreserving-23-unique-and-n-together", "coalition-04-wave"] {
        documents.keep("elastic-simulate", &lab, &format!("elastic simulate {given}/{scenario}.json"), 0);
    }
    let engines = "--engine classad --engine oracle";
    let comparison = format!("elastic simulate {given}/elastiq-25-random-11.json {engines}");
    documents.keep("elastic-simulate-comparison", &lab, &comparison, 0);
    documents.keep("prune", &lab, "plan prune --dry-run", 2);
    documents.judge();
}

#[test]
fn failures_and_events_keep_to_their_schemas() {
    let (lab, documents) = (lab(), Documents::new());
    lab.program("boot.sh", "echo broken; exit 3");
    let events = lab.hoist("plan boot demo.toml -o jsonl").exit(1);
    let lines: Vec<Value> = events.raw_stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (done, lines) = lines.split_last().unwrap();
    lines.iter().for_each(|line| documents.add("plan-events", line));
    assert!(lines.len() > 5, "{events}");
    documents.add("plan-events-done", done);
    documents.keep("plan-run", &lab, "plan show demo", 0);
    documents.keep("plan-status", &lab, "plan status demo", 1);
    documents.keep("plan-run", &lab, "plan resume demo", 1);
    documents.judge();
}

#[test]
fn annexes_keep_to_their_schemas() {
    let (lab, documents) = (Lab::new(), Documents::new());
    lab.file("pilot.sh", "#!/bin/sh\nexec sleep 1000\n");
    let create = "annex create here --cloud local --pool-software none --user-data pilot.sh --count 2";
    documents.keep("annex-create-dry-run", &lab, &format!("{create} --dry-run"), 0);
    documents.keep("annex-change", &lab, &format!("{create} --yes"), 0);
    documents.keep("annex-list", &lab, "annex list", 0);
    documents.keep("annex-status", &lab, "annex status here", 0);
    documents.keep("annex-statuses", &lab, "annex status", 0);
    documents.keep("annex-change", &lab, "annex extend here --yes --lease 5h", 0);
    documents.keep("annex-delete", &lab, "annex delete here --yes", 0);
    documents.keep("annex-status", &lab, "annex status here", 1);
    documents.keep("prune", &lab, "annex prune --dry-run", 2);
    documents.judge();
}

#[test]
fn what_is_no_run_keeps_to_its_schema() {
    let (lab, documents) = (Lab::new(), Documents::new());
    lab.file("user-data", "#cloud-config\npackages: [git]\nno_such_key: 1\n");
    documents.keep("orphans", &lab, "orphans", 0);
    let doctor = lab.hoist("doctor -o json").run();
    documents.add("doctor", &doctor.json());
    let lint = lab.hoist("userdata lint user-data -o json").run();
    documents.add("userdata-lint", &lint.json());
    documents.keep("userdata-lint-checks", &lab, "userdata lint --checks", 0);
    documents.keep("userdata-templates", &lab, "userdata templates", 0);
    documents.keep("userdata-template", &lab, "userdata templates annex-worker", 0);
    documents.judge();
}
