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
boot = { program = \"web.sh\", args = [\"${database.url}\"] }
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
    lab.program("greet.sh", "echo \"greeting $1\"").program("web.sh", "echo \"given $1\"");
    lab
}

fn ids(lab: &Lab) -> Vec<(String, String)> {
    let shown = lab.hoist("plan show demo -o json").exit(0).json();
    let levels = shown["levels"].as_array().unwrap().iter();
    let services = levels.flat_map(|level| level["services"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    services.map(|service| (text(&service["name"]), text(&service["instance_id"]))).collect()
}

/// What was printed, without the names and digests of program files.
fn plainly(printed: &str) -> String {
    let file = |word: &str| if word.ends_with("database.sh") { "FILE".to_owned() } else { word.to_owned() };
    let plain = |word: &str| match word.strip_prefix('(').and_then(|word| word.strip_suffix(')')) {
        Some(digest) if digest.len() == 8 => "(DIGEST)".to_owned(),
        _ => file(word),
    };
    let line = |line: &str| line.split(' ').map(plain).collect::<Vec<_>>().join(" ");
    printed.lines().map(|one| line(one) + "\n").collect()
}

#[test]
fn only_what_changed_is_touched() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0);
    let old = ids(&lab);
    lab.file("demo.toml", after());
    lab.program("database.sh", "echo '{\"url\": \"db://two\"}' > bootout.json");

    let changes = "-  old  removed; INSTANCE ends
~  database  raised anew: its boot program changed; INSTANCE ends after its terminate program
     boot: FILE (DIGEST) → FILE (DIGEST)
+  new  added
»  web  its boot program runs again: it reads database, where that gives it other values
·  cache  checked, stays: its ready program changed
     ready.args: nothing → \"${.name}\"
";
    let dry = lab.hoist("plan reload demo.toml --dry-run").exit(2).stderr("");
    assert_eq!(plainly(&dry.stdout), changes);
    let document = lab.hoist("plan reload demo.toml --dry-run -o json").exit(2).stderr("").json();
    assert_eq!(
        document,
        json!({
            "schema": 1, "run": "demo", "changed": true, "added": ["new"], "removed": ["old"],
            "rebooted": [
                { "service": "database", "reason": "its boot program changed" },
            ],
            "updated": [{ "service": "cache", "reason": "its ready program changed" }],
            "configured": [{
                "service": "web", "reason": "it reads database, where that gives it other values",
            }],
            "differences": document["differences"],
        })
    );
    let told: Vec<&Value> = document["differences"].as_array().unwrap().iter().map(|one| &one["what"]).collect();
    assert_eq!(told, ["boot", "ready.args"]);
    assert_eq!(
        document["differences"][1],
        json!({ "service": "cache", "what": "ready.args", "from": null, "to": "\"${.name}\"" })
    );
    assert_eq!(ids(&lab), old, "nothing was changed");

    let reloaded = lab.hoist("plan reload demo.toml").exit(0);
    let said = plainly(&reloaded.stdout);
    assert!(said.starts_with(&format!("{changes}demo is up: 5 services ready, TIME\n")), "{reloaded}");
    let new = ids(&lab);
    let id = |ids: &[(String, String)], name: &str| {
        ids.iter().find(|(service, _)| service == name).map(|(_, id)| id.clone()).unwrap_or_default()
    };
    assert_eq!(new.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["database", "cache", "new", "web", "greeter"]);
    for same in ["cache", "greeter", "web"] {
        assert_eq!(id(&old, same), id(&new, same));
    }
    assert_ne!(id(&old, "database"), id(&new, "database"));
    lab.hoist("plan logs demo web").exit(0).says("given db://one\n").says("given db://two\n");
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
        .stdout("~  greeter  raised anew: the variable inner changed; INSTANCE ends\n     variable inner: one → two\n");
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
fn a_plan_whose_directory_was_copied_is_the_same_plan() {
    let lab =
        Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = { program = \"true.sh\", config = \"c.json\" }\n");
    lab.file("c.json", "{\"name\": \"$name\"}");
    lab.hoist("plan boot demo.toml").exit(0);
    for name in ["demo.toml", "true.sh", "c.json"] {
        lab.file(&format!("copy/{name}"), std::fs::read(lab.path(name)).unwrap());
    }
    lab.shell("chmod +x copy/true.sh").exit(0);
    lab.hoist("plan reload copy/demo.toml --dry-run").exit(2).says("·  web  checked, stays: its files were moved\n");
    let before = ids(&lab);
    lab.hoist("plan reload copy/demo.toml").exit(0);
    assert_eq!(ids(&lab), before);
    lab.hoist("plan reload copy/demo.toml --dry-run").exit(0).stdout("demo is in line with the plan\n");
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
        again.wait().exit(0);
        assert_eq!(lab.service("demo", "database")["attributes"]["url"], "db://two", "{gated}");
        assert_eq!(lab.instances().len(), 5, "{gated}");
        lab.hoist("plan reload demo.toml --dry-run").exit(0);
        lab.hoist("plan status demo").exit(0);
        lab.program("stop.sh", "exit 0");
        lab.hoist("plan terminate demo").exit(0);
        lab.assert_nothing_runs();
    }
}

#[test]
fn a_run_in_the_place_of_a_plan_is_named_and_the_hint_works() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    lab.file("plans/other.toml", "[[levels]]\n[levels.services.web]\n");
    for (boot, run) in [("plan boot demo.toml", "demo"), ("plan boot plans/other.toml --name second", "second")] {
        lab.hoist(boot).exit(0);
        let refused = lab.hoist(&format!("plan reload {run}")).exit(1).stdout("");
        let message = format!(
            "hoist: PLAN is to be a plan's file, and {run} is the name of a run; nothing was done\n  try: hoist "
        );
        let hint = refused.raw_stderr.strip_prefix(&message).unwrap_or_else(|| panic!("{refused}"));
        assert!(hint.starts_with("plan reload "), "{hint}");
        lab.hoist(hint).exit(0).says(&format!("{run} is in line with the plan\n"));
        lab.hoist(&format!("plan reload {run} --dry-run")).exit(1).says("  try: hoist plan reload --dry-run ");
        lab.hoist(&format!("plan boot {run}")).exit(1).says(&format!("  try: hoist plan resume {run}\n"));
        lab.hoist(&format!("plan validate {run}")).exit(1).says("the plan has an error");
    }
    lab.hoist("plan reload nothing").exit(1).says("the file does not exist");
}
