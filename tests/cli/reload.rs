//! A new plan for a run that is up.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::lab::Lab;

const BEFORE: &str = "
[variables]
inner = \"one\"
outer = \"<${global.inner}>\"
[[levels]]
[levels.services.database]
boot = \"database.sh\"
terminate = \"stop.sh\"
[levels.services.cache]
ready = \"true.sh\"
[levels.services.old]
[[levels]]
[levels.services.web]
boot = { program = \"true.sh\", args = [\"${database.url}\"] }
[levels.services.greeter]
boot = { program = \"greet.sh\", args = [\"${global.outer}\"] }
";

/// `old` is removed, `new` is added, `cache` is checked in another way.
fn after() -> String {
    let ready = "ready = { program = \"true.sh\", args = [\"${.name}\"] }";
    BEFORE.replace("levels.services.old", "levels.services.new").replace("ready = \"true.sh\"", ready)
}

fn lab() -> Lab {
    let lab = Lab::with_plan(BEFORE);
    lab.program("database.sh", "echo '{\"url\": \"db://one\"}' > bootout.json").program("stop.sh", "exit 0");
    lab.program("greet.sh", "echo \"greeting $1\"");
    lab
}

fn ids(lab: &Lab) -> Vec<(String, String)> {
    let shown = lab.hoist("plan show demo -o json").exit(0).json();
    let levels = shown["levels"].as_array().unwrap().iter();
    let services = levels.flat_map(|level| level["services"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    services.map(|service| (text(&service["name"]), text(&service["instance_id"]))).collect()
}

#[test]
fn only_what_changed_is_touched() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0);
    let old = ids(&lab);
    lab.file("demo.toml", after());
    lab.program("database.sh", "echo '{\"url\": \"db://two\"}' > bootout.json");

    let changes = "-  old  removed
~  database  raised anew: its boot program changed
~  web  raised anew: it reads database
+  new  added
·  cache  checked again: its ready program changed
";
    lab.hoist("plan reload demo.toml --dry-run").exit(2).stderr("").stdout(changes);
    assert_eq!(
        lab.hoist("plan reload demo.toml --dry-run -o json").exit(2).stderr("").json(),
        json!({
            "schema": 1, "run": "demo", "changed": true, "added": ["new"], "removed": ["old"],
            "rebooted": [
                { "service": "database", "reason": "its boot program changed" },
                { "service": "web", "reason": "it reads database" },
            ],
            "updated": [{ "service": "cache", "reason": "its ready program changed" }],
        })
    );
    assert_eq!(ids(&lab), old, "nothing was changed");

    let reloaded = lab.hoist("plan reload demo.toml").exit(0);
    assert!(reloaded.stdout.starts_with(&format!("{changes}demo is up: 5 services ready, TIME\n")), "{reloaded}");
    let new = ids(&lab);
    let id = |ids: &[(String, String)], name: &str| {
        ids.iter().find(|(service, _)| service == name).map(|(_, id)| id.clone()).unwrap_or_default()
    };
    assert_eq!(new.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["database", "cache", "new", "web", "greeter"]);
    for same in ["cache", "greeter"] {
        assert_eq!(id(&old, same), id(&new, same));
    }
    for fresh in ["database", "web"] {
        assert_ne!(id(&old, fresh), id(&new, fresh));
    }
    assert_eq!(lab.instances().len(), 5);
    assert!(!lab.instances().iter().any(|instance| instance.ends_with(id(&old, "old"))));
    assert_eq!(lab.service("demo", "database")["attributes"]["url"], "db://two");
    lab.hoist("plan reload demo.toml --dry-run").exit(0).stdout("demo is in line with the plan\n");
    lab.hoist("plan reload demo.toml").exit(0);
    assert_eq!(ids(&lab), new, "the same plan again touches nothing");
}

#[test]
fn a_variable_that_is_read_by_way_of_another_is_a_change() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan reload demo.toml --var inner=two --dry-run")
        .exit(2)
        .stdout("~  greeter  raised anew: the variable inner changed\n");
    lab.hoist("plan reload demo.toml --var inner=two").exit(0);
    lab.hoist("plan logs demo greeter").exit(0).says("greeting <two>\n");
}

#[test]
fn a_bad_plan_or_another_run_changes_nothing() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0);
    let before = lab.hoist("plan show demo -o json").exit(0).json();
    lab.file("bad.toml", after().replace("true.sh", "none.sh"));
    lab.hoist("plan reload bad.toml --name demo").exit(1).stdout("").says("none.sh: the file does not exist\n");
    lab.hoist("plan reload demo.toml --name dmeo").exit(1).stdout("").stderr(
        "hoist: there is no run named dmeo in state/hoist.db
  try: did you mean demo?
",
    );
    assert_eq!(lab.hoist("plan show demo -o json").exit(0).json(), before);
}

#[test]
fn a_reload_that_was_killed_is_finished_by_the_same_command() {
    // Killed while it brings down, and while it raises.
    for gated in ["stop.sh", "database.sh"] {
        let lab = lab();
        lab.hoist("plan boot demo.toml").exit(0);
        lab.file("demo.toml", after());
        lab.program("database.sh", "echo '{\"url\": \"db://two\"}' > bootout.json");
        let script = std::fs::read_to_string(lab.path(gated)).unwrap().replace("#!/bin/sh\n", "");
        lab.gated_program(gated, script.trim());
        let reload = lab.hoist("plan reload demo.toml").spawn();
        let gate = lab.await_gate("database");
        reload.signal(Signal::SIGKILL);
        assert_eq!(reload.wait().signal, Some(9));

        let again = lab.hoist("plan reload demo.toml").spawn();
        gate.open();
        again.wait().exited(0);
        assert_eq!(lab.service("demo", "database")["attributes"]["url"], "db://two", "{gated}");
        assert_eq!(lab.instances().len(), 5, "{gated}");
        lab.hoist("plan reload demo.toml --dry-run").exit(0);
        lab.hoist("plan status demo").exit(0);
        lab.program("stop.sh", "exit 0");
        lab.hoist("plan terminate demo").exit(0);
        lab.assert_nothing_runs();
    }
}
