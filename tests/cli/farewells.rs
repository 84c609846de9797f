//! Terminate programs that fail: told, once, and the machine is kept unless somebody says otherwise.

use std::fs;

use serde_json::json;

use crate::lab::Lab;

const PLAN: &str = "[[levels]]\n[levels.services.base]\nboot = \"true.sh\"\nterminate = \"base.sh\"\n[[levels]]\n[levels.services.store]\nboot = \"true.sh\"\n\
                    terminate = \"stop.sh\"\n[levels.services.cache]\n[[levels]]\n[levels.services.web]\nboot = \"true.sh\"\nterminate = \"bye.sh\"\n";

fn lab(stop: &str) -> Lab {
    let lab = Lab::with_plan(PLAN);
    for (name, script) in [("base.sh", "exit 0"), ("bye.sh", "exit 0"), ("stop.sh", stop)] {
        lab.program(name, script);
    }
    lab.hoist("plan boot demo.toml").exit(0);
    lab
}

/// How often the terminate programs of web, store and base ran.
fn ran(lab: &Lab) -> [usize; 3] {
    ["web", "store", "base"].map(|service| {
        let logs = lab.hoist(&format!("plan logs demo {service} -o json")).exit(0).json();
        let programs = logs["services"][0]["programs"].as_array().unwrap().iter();
        programs.filter(|program| program["program"] == "terminate").count()
    })
}

#[test]
fn the_machine_and_the_levels_below_are_kept_and_named() {
    let lab = lab("exit 7");
    let kept = lab.hoist("plan terminate demo").exit(3);
    assert!(
        kept.stdout.contains("  store: its terminate program failed: stop.sh ended with exit code 7; kept: INSTANCE\n"),
        "{kept}"
    );
    assert!(kept.stdout.contains("  kept with it, since it was raised on them: base\n"), "{kept}");
    assert!(
        kept.stdout.ends_with(
            "  hoist plan terminate demo  runs what failed again, and goes on
  hoist plan terminate demo --force  ends it even if its terminate program fails
  hoist plan history demo  lists every machine
"
        ),
        "{kept}"
    );
    assert_eq!(ran(&lab), [1, 1, 0], "each once, and only down to there");
    lab.hoist("plan status demo").exit(1).says(
        "  hoist plan terminate demo  goes on
  hoist plan terminate demo --force  ends it even if its terminate program fails
",
    );
    assert_eq!(lab.instances().len(), 2);

    let kept = lab.hoist("plan terminate demo -q -o json").exit(3);
    assert!(
        kept.stderr
            .contains("store: its terminate program failed: stop.sh ended with exit code 7; its machine is kept"),
        "{kept}"
    );
    let kept = kept.json();
    assert_eq!(kept["outcome"], "remains");
    assert_eq!(kept["terminate_failures"][0]["service"], "store");
    assert_eq!(kept["levels"][1]["services"][0]["failure"]["stage"], "terminate");
    let what = |at: usize| kept["remains"][at]["what"].as_str().unwrap().to_owned();
    assert_eq!(what(0), "store: its terminate program failed: stop.sh ended with exit code 7");
    assert_eq!(what(1), "base: kept, since what was raised after it is");
    assert_eq!(kept["remains"][0]["hint"], "hoist plan terminate demo --force");
    assert_eq!(ran(&lab), [1, 2, 0], "once a command");
    assert!(lab.hoist("plan terminate demo -q").exit(3).stdout.contains("store: its terminate program failed"));

    lab.hoist("plan terminate demo --force").exit(0);
    assert_eq!(ran(&lab), [1, 3, 1], "who insists asks no failed program again");
    lab.assert_nothing_runs();
}

#[test]
fn a_program_that_hangs_is_stopped_at_its_limit_and_keeps_its_machine() {
    let lab = Lab::with_plan(&PLAN.replace("\"stop.sh\"", "{ program = \"stop.sh\", timeout = \"1s\" }"));
    lab.program("base.sh", "exit 0").program("bye.sh", "exit 0").program("stop.sh", "sleep 1000");
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan terminate demo").exit(3).says("stop.sh was stopped at its time limit of TIME; kept: INSTANCE\n");
    lab.program("stop.sh", "exit 0");
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_plan_may_say_that_the_machine_goes() {
    let plan = PLAN.replace("\"stop.sh\"", "{ program = \"stop.sh\", on_failure = \"continue\" }");
    let lab = Lab::with_plan(&plan);
    lab.program("base.sh", "exit 0").program("bye.sh", "exit 0").program("stop.sh", "exit 7");
    let shown = lab.hoist("plan show demo.toml -o json").exit(0).json();
    assert_eq!(shown["levels"][1]["services"][0]["terminate"]["on_failure"], "continue");
    assert!(shown["levels"][0]["services"][0]["terminate"].get("on_failure").is_none());
    lab.hoist("plan show demo.toml").exit(0).says("goes on where it fails");
    lab.hoist("plan boot demo.toml").exit(0);
    lab.file("demo.toml", PLAN);
    let changed = lab.hoist("plan reload demo.toml --dry-run -o json").exit(2).json();
    assert_eq!(changed["updated"], json!([{ "service": "store", "reason": "its terminate program changed" }]));
    let difference = json!({ "service": "store", "what": "terminate.on_failure", "from": "continue", "to": "keep" });
    assert_eq!(changed["differences"], json!([difference]));
    let gone = lab.hoist("plan terminate demo").exit(0);
    let told = "  store: its terminate program failed: stop.sh ended with exit code 7; its machine went all the same\n";
    assert!(gone.stdout.ends_with(told), "{gone}");
    lab.assert_nothing_runs();
}

#[test]
fn the_key_is_for_terminate_programs_and_has_two_values() {
    for (wrong, says) in [
        ("boot = { program = \"true.sh\", on_failure = \"continue\" }", "on_failure"),
        ("terminate = { program = \"true.sh\", on_failure = \"ignore\" }", "\"keep\""),
    ] {
        let lab = Lab::with_plan(&format!("[[levels]]\n[levels.services.web]\n{wrong}\n"));
        lab.hoist("plan validate demo.toml").exit(1).says(says);
    }
}

#[test]
fn who_replaces_tells_of_it_and_replaces_all_the_same() {
    let lab = lab("exit 7");
    let reboot = lab.hoist("plan reboot demo -o json").exit(0).json();
    assert_eq!(reboot["terminate_failures"][0]["service"], "store");
    assert_eq!(ran(&lab), [1, 1, 1]);
    let changed = "[levels.services.store]\nboot = { program = \"true.sh\", args = [\"x\"] }";
    lab.file("demo.toml", PLAN.replace("[levels.services.store]\nboot = \"true.sh\"", changed));
    let reloaded = lab.hoist("plan reload demo.toml").exit(0);
    assert!(
        reloaded
            .stdout
            .contains("store: its terminate program failed: stop.sh ended with exit code 7; its machine went"),
        "{reloaded}"
    );
    lab.hoist("plan terminate demo --force").exit(0);
}

#[test]
fn in_the_old_notation_it_is_the_same() {
    let lab = Lab::new();
    lab.file("top.conf", "[runlevels]\nlevel1: one.conf\nlevel2: two.conf\n");
    lab.file("one.conf", "[svc-a]\nhostname: 127.0.0.1\nlocal_exe: true\nbootpgm: true.sh\nterminatepgm: t.sh\n");
    lab.file("two.conf", "[svc-b]\nhostname: 127.0.0.1\nlocal_exe: true\nbootpgm: true.sh\nterminatepgm: true.sh\n");
    lab.program("true.sh", "exit 0").program("t.sh", &format!("echo t >> {}; exit 7", lab.path("log").display()));
    lab.hoist("plan boot top.conf --name demo").exit(0);
    lab.hoist("plan terminate demo")
        .exit(3)
        .says("  a: its terminate program failed: t.sh ended with exit code 7; kept: no instance\n");
    let quiet = lab.hoist("plan terminate demo -q -o json").exit(3).stderr;
    let words = "a: its terminate program failed: t.sh ended with exit code 7; what it has on its host is kept\n";
    assert!(quiet.contains(words) && !quiet.contains("machine is kept"), "{quiet}");
    assert_eq!(fs::read_to_string(lab.path("log")).unwrap(), "t\nt\n", "once a command");
    lab.program("t.sh", "exit 0");
    lab.hoist("plan terminate demo").exit(0);
}
