//! Values that do not go stale in silence.

use std::fs;

use serde_json::{Value, json};

use crate::lab::Lab;

/// `b` is given the address of `a`, whose check asks for a file that the test removes; `c` is given what `b` wrote.
const PLAN: &str = "
[[levels]]
[levels.services.a]
boot = \"a.sh\"
ready = \"ra.sh\"
[[levels]]
[levels.services.b]
boot = { program = \"b.sh\", args = [\"${a.address}\"] }
[[levels]]
[levels.services.c]
boot = { program = \"c.sh\", config = \"c.json\" }
attributes = { upstream = \"${b.upstream}\", other = \"${a.instance_id}\" }
";

fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    lab.program("a.sh", "touch alive").program("ra.sh", "test -e alive");
    lab.program("b.sh", "echo \"given $1\"; echo \"{\\\"upstream\\\": \\\"$1\\\"}\" > bootout.json");
    lab.program("c.sh", "cat bootconf.json").file("c.json", "{\"upstream\": \"$upstream\"}");
    lab
}

fn address(lab: &Lab, service: &str) -> String {
    lab.service("demo", service)["address"].as_str().unwrap().to_owned()
}

fn id(lab: &Lab, service: &str) -> Value {
    lab.service("demo", service)["instance_id"].clone()
}

/// What the boot programs of a service printed, one each.
fn printed(lab: &Lab, service: &str) -> Vec<String> {
    let logs = lab.hoist(&format!("plan logs demo {service} --program boot -o json")).exit(0).json();
    let programs = logs["services"][0]["programs"].as_array().unwrap();
    programs.iter().map(|output| output["text"].as_str().unwrap().trim().to_owned()).collect()
}

/// Replaces `a`; gives its address then and now.
fn replace_a(lab: &Lab) -> (String, String) {
    let then = address(lab, "a");
    fs::remove_file(lab.staged("a", "alive")).unwrap();
    let repaired = lab.hoist("plan repair demo").exit(0);
    let now = address(lab, "a");
    assert_ne!(then, now);
    let told = format!("! b was configured with ${{a.address}} = {then}, which is {now} now\n");
    assert!(repaired.raw_stdout.contains(&told), "it should say {told}\n{repaired}");
    repaired.says("hoist plan repair demo --with-dependents");
    (then, now)
}

#[test]
fn a_repair_that_is_named_for_a_broken_service_reaches_those_that_read_it() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0);
    fs::remove_file(lab.staged("a", "alive")).unwrap();
    lab.hoist("plan status demo").exit(1).says(
        "\n  hoist plan repair demo --with-dependents  replaces what is broken, and runs the boot programs again that read its values\n",
    );
    let json = lab.hoist("plan status demo -o json").exit(1).json();
    assert_eq!(json["levels"][0]["services"][0]["healthy"], false);
    // A reader of the name alone is given the same name again; nobody reads the second service.
    let constant = Lab::with_plan(
        "[[levels]]\n[levels.services.a]\nboot = \"true.sh\"\nready = \"ra.sh\"\nattributes = { port = \"80\" }\n\
         [[levels]]\n[levels.services.b]\nboot = { program = \"true.sh\", args = [\"${a.name}:${a.port} of ${a.run_name}\"] }\n",
    );
    constant.program("ra.sh", "test -e alive").program("true.sh", "touch alive");
    constant.hoist("plan boot demo.toml").exit(0);
    fs::remove_file(constant.staged("a", "alive")).unwrap();
    constant.hoist("plan status demo").exit(1).says("\n  hoist plan repair demo  replaces what is broken\n");
    // Nothing reads what the last one has.
    let last = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = \"true.sh\"\nready = \"ready.sh\"\n");
    last.program("ready.sh", "exit 1");
    last.hoist("plan boot demo.toml").exit(1);
    last.hoist("plan status demo").exit(1).says("\n  hoist plan repair demo  replaces what is broken\n");
}

#[test]
fn a_dependent_is_degraded_with_each_value_then_and_now() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0).never_says("was configured with");
    lab.hoist("plan status demo").exit(0);
    let (then, now) = replace_a(&lab);
    for command in ["plan status demo", "plan status demo --cached"] {
        let status = lab.hoist(command).exit(2).says("demo is up, degraded");
        let told = format!("! b was configured with ${{a.address}} = {then}, which is {now} now\n");
        assert!(status.raw_stdout.contains(&told), "it should say {told}\n{status}");
        status.says("  hoist plan repair demo --with-dependents  runs ");
        let json = lab.hoist(command).arg("-o").arg("json").exit(2).json();
        assert_eq!((&json["healthy"], &json["degraded"]), (&json!(true), &json!(true)));
        let stale = json!([{ "reference": "${a.address}", "then": then, "now": now }]);
        assert_eq!(json["levels"][1]["services"][0]["stale"], stale);
        // It reads `b`, which wrote nothing new, and its template does not read its other attribute.
        assert_eq!(json["levels"][2]["services"][0].get("stale"), None);
    }
    assert_eq!(lab.service("demo", "b")["stale"][0]["then"], then.as_str());
}

#[test]
fn dependents_are_configured_again_where_that_is_asked_for() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0);
    let machines = ["b", "c"].map(|service| id(&lab, service));
    let (then, now) = replace_a(&lab);
    let a = id(&lab, "a");
    assert_eq!(printed(&lab, "b"), [format!("given {then}")]);

    lab.hoist("plan repair demo --with-dependents")
        .exit(0)
        .says("b is configured again")
        .never_says("was configured with");
    assert_eq!(printed(&lab, "b"), [format!("given {then}"), format!("given {now}")]);
    let conf = |address: &str| format!("{{\"upstream\": \"{address}\"}}");
    assert_eq!(printed(&lab, "c"), [conf(&then), conf(&now)]);
    assert_eq!(["b", "c"].map(|service| id(&lab, service)), machines);
    assert_eq!(id(&lab, "a"), a);
    lab.hoist("plan status demo").exit(0);

    lab.hoist("plan repair demo --with-dependents").exit(0);
    assert_eq!((printed(&lab, "b").len(), printed(&lab, "c").len()), (2, 2), "there is nothing left to do");
    assert_eq!(lab.instances().len(), 3);
}

#[test]
fn a_reload_of_the_same_plan_says_what_it_does_about_stale_values_and_does_it() {
    let lab = lab();
    lab.hoist("plan boot demo.toml").exit(0);
    let machines = ["a", "b", "c"].map(|service| id(&lab, service));
    lab.hoist("plan reload demo.toml --dry-run").exit(0).stdout("demo is in line with the plan\n");
    let (then, now) = replace_a(&lab);
    let machines = [id(&lab, "a"), machines[1].clone(), machines[2].clone()];
    let shown = lab.hoist("plan reload demo.toml --dry-run").exit(2).raw_stdout;
    let told = format!("»  b  its boot program runs again: ${{a.address}} was {then}, is {now}\n");
    assert!(shown.contains(&told), "it should say {told}\n{shown}");
    assert!(shown.contains("»  c  its boot program runs again: "), "{shown}");
    let json = lab.hoist("plan reload demo.toml --dry-run -o json").exit(2).json();
    assert_eq!(json["changed"], true);
    let configured: Vec<&Value> = json["configured"].as_array().unwrap().iter().map(|one| &one["service"]).collect();
    assert_eq!(configured, [&json!("b"), &json!("c")]);
    assert_eq!((&json["rebooted"], &json["added"]), (&json!([]), &json!([])));

    let reloaded = lab.hoist("plan reload demo.toml").exit(0);
    assert!(reloaded.raw_stdout.starts_with(&shown), "what was announced first is announced again\n{reloaded}");
    assert_eq!(["a", "b", "c"].map(|service| id(&lab, service)), machines, "nothing is replaced");
    assert_eq!((printed(&lab, "b").len(), printed(&lab, "c").len()), (2, 2));
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan reload demo.toml --dry-run").exit(0);
}

#[test]
fn a_missing_output_is_blamed_on_its_writer() {
    let lab = lab();
    lab.program("b.sh", "echo nothing written");
    let failed = lab.hoist("plan boot demo.toml").exit(1);
    failed.says(
        "✗ b failed in stage boot: b.sh ended well but wrote no \"upstream\" to bootout.json, which service c reads
  try: mend the program, then resume: it runs again on the same machine
",
    );
    let machine = id(&lab, "b");
    lab.program("b.sh", "echo '{\"upstream\": \"here\"}' > bootout.json");
    lab.hoist("plan resume demo").exit(0);
    assert_eq!(id(&lab, "b"), machine);
}

#[test]
fn what_waits_is_as_old_as_its_run() {
    let lab = lab();
    lab.program("ra.sh", "exit 1");
    lab.hoist("plan boot demo.toml --launch by-level").exit(1);
    lab.hoist("plan status demo").exit(1).says("  2 level2  b  pending  TIME  -  skipped\n");
    let status = lab.hoist("plan status demo -o json").exit(1).json();
    let recorded = &status["levels"][2]["services"][0]["recorded"];
    assert_eq!(recorded["state"], "pending");
    assert!(recorded["age_seconds"].as_u64().unwrap() < 3600, "{recorded}");
    assert!(!recorded["since"].as_str().unwrap().starts_with("1970"), "{recorded}");
}

/// As above; `b` works as long as it was told the address that `a` has.
const CHECKED: &str = "
[[levels]]
[levels.services.a]
boot = \"a.sh\"
ready = \"ra.sh\"
[[levels]]
[levels.services.b]
boot = { program = \"b.sh\", args = [\"${a.address}\"] }
ready = { program = \"rb.sh\", args = [\"${a.address}\"], retries = 0 }
";

#[test]
fn what_fails_its_check_for_stale_values_keeps_its_machine() {
    let lab = lab();
    lab.file("demo.toml", CHECKED);
    lab.program("b.sh", "echo $1 > told").program("rb.sh", "test \"$(cat told)\" = $1");
    lab.hoist("plan boot demo.toml").exit(0);
    let (machine, then) = (id(&lab, "b"), address(&lab, "a"));
    fs::remove_file(lab.staged("a", "alive")).unwrap();

    let repaired = lab
        .hoist("plan repair demo")
        .exit(1)
        .says("raised anew if it fails, unless what it was given is something else by then\n")
        .says("  hoist plan repair demo --with-dependents  runs boot programs again that were given other values");
    let now = address(&lab, "a");
    let told = format!("! b was configured with ${{a.address}} = {then}, which is {now} now\n");
    assert!(repaired.raw_stdout.contains(&told), "it should say {told}\n{repaired}");
    assert_eq!(id(&lab, "b"), machine);

    let again = lab.hoist("plan repair demo").exit(1);
    let kept = format!(
        "b  checked, stays: its check fails, and ${{a.address}} was {then}, is {now}; `hoist plan repair demo --with-dependents` \
         runs its boot program again\n"
    );
    assert!(again.raw_stderr.contains(&kept), "it should say {kept}\n{again}");
    lab.hoist("plan status demo").exit(1).says(
        "  hoist plan repair demo --with-dependents  runs the boot programs of such services again, and replaces what is broken",
    );
    assert_eq!((id(&lab, "b"), address(&lab, "a")), (machine.clone(), now));

    lab.hoist("plan repair demo --with-dependents").exit(0).says("; raised anew if its check fails all the same\n");
    assert_eq!(id(&lab, "b"), machine);
    lab.hoist("plan status demo").exit(0);
}
