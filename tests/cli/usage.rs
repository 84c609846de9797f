//! Wrong usage, completions, and plans and runs that are found by what was typed.

use serde_json::json;

use crate::commands::lab;
use crate::lab::Lab;
use crate::shape::assert_shape;

#[test]
fn wrong_usage_is_told_from_failure() {
    let lab = lab();
    for words in [
        "",
        "plan",
        "plan frob",
        "plan boot",
        "plan terminate",
        "plan boot demo.toml --on-failure explode",
        "plan boot demo.toml --var port",
        "plan boot demo.toml --max-concurrency 0",
        "plan boot demo.toml -q -v",
        "plan boot demo.toml -o yaml",
        "completions tcsh",
    ] {
        let wrong = lab.hoist(words).exit(64);
        assert!(wrong.stdout.is_empty() && wrong.stderr.contains("--help"), "{words}\n{wrong}");
    }
    lab.hoist("plan import demo.toml").exit(64).stdout("").stderr("hoist: demo.toml is TOML already\n");
    lab.hoist("plan boot --help").exit(0).stderr("").says("Usage: hoist plan boot");
    let version = format!("hoist {}\n", env!("CARGO_PKG_VERSION"));
    lab.hoist("--version").exit(0).stderr("").stdout(&version);
    lab.assert_nothing_runs();
}

#[test]
fn completions_are_scripts_for_their_shells_and_know_the_runs() {
    let lab = lab();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = lab.hoist("completions").arg(shell).exit(0).stderr("").stdout;
        assert!(script.contains("hoist") && script.contains("COMPLETE"), "{shell}: {script}");
    }
    let check = lab.hoist("completions bash").exit(0).raw_stdout;
    lab.file("hoist.bash", check);
    lab.shell("bash -n hoist.bash").exit(0).stderr("");
    lab.hoist("plan boot demo.toml -q").exit(0);
    // What the script asks when somebody presses the tab key after `hoist plan status d`.
    let asked = lab
        .hoist("-- hoist plan status d")
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "3")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .env("_CLAP_IFS", "\n")
        .exit(0);
    assert_eq!(asked.stdout.trim(), "demo");
}

#[test]
fn an_old_plan_is_imported_whole() {
    let lab = Lab::new();
    crate::examples::copy(&lab);
    let top = "launch-plans/sleepers/top.conf";
    let toml = lab.hoist("plan import --to -").arg(top).exit(0).stdout;
    assert!(toml.contains("[[levels]]"), "{toml}");
    let imported = lab.hoist("plan import").arg(top).exit(0);
    assert_eq!(imported.stdout, "written to launch-plans/sleepers/top.toml\n", "{imported}");
    let shown = |file: &str| lab.hoist("plan show -o json -q").arg(file).exit(0).json()["levels"].clone();
    assert_eq!(shown(top), shown("launch-plans/sleepers/top.toml"));
    lab.hoist("plan import")
        .arg(top)
        .exit(64)
        .stdout("")
        .stderr("hoist: launch-plans/sleepers/top.toml exists. Overwrite it? There is nobody to ask.\n  try: --yes answers with yes\n");
    let document = lab.hoist("plan import --yes -o json").arg(top).exit(0).json();
    assert_shape(&document, &json!({ "schema": 1, "written": "string", "toml": null, "notes": ["string"] }));
    lab.hoist("plan boot launch-plans/sleepers/top.toml").exit(0);
    lab.hoist("plan terminate sleepers").exit(0);
}

#[test]
fn a_run_is_shown_though_a_file_that_is_no_plan_has_its_name() {
    let lab = Lab::with_plan("name = \"master\"\n[[levels]]\n[levels.services.a]\n");
    lab.hoist("plan boot demo.toml").exit(0);
    lab.file("master", "#cloud-config\n");
    lab.hoist("plan show master").exit(0).says("master is up");
    lab.hoist("plan terminate --yes master").exit(0);
}
