//! What ends or changes something is shown, and asked about where there is somebody to ask.

use crate::lab::{Lab, eventually};
use hoist_test_support::terminal::OnTerminal;

const PLAN: &str = "[[levels]]\n[levels.services.web]\nboot = { program = \"true.sh\", args = [\"one\"] }\n";

fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml").exit(0);
    lab
}

fn machine(lab: &Lab) -> String {
    lab.service("demo", "web")["instance_id"].as_str().unwrap_or_default().to_owned()
}

/// Answers the command's question; gives its exit code and what stood on the screen.
fn answered(lab: &Lab, words: &str, answer: &str) -> (Option<i32>, String) {
    let mut command = OnTerminal::start(lab.hoist(words));
    eventually("it asks", || command.screen().contains("Go on? [y/N]").then_some(()));
    command.type_in(answer);
    let seen = command.wait();
    (seen.code, seen.screen)
}

#[test]
fn the_four_commands_ask_on_a_terminal_and_no_means_nothing() {
    let lab = lab();
    lab.file("demo.toml", PLAN.replace("one", "two"));
    let before = machine(&lab);
    for (words, shown) in [
        ("plan reload demo.toml", "boot.args: \"one\" → \"two\""),
        ("plan reboot demo", "demo: 1 replaced. Go on?"),
        ("plan terminate demo", "demo: 1 removed. Go on?"),
    ] {
        let (code, screen) = answered(&lab, words, "n\n");
        assert_eq!(code, Some(1), "{screen}");
        assert!(
            screen.contains(shown) && screen.contains(&before) && screen.contains("nothing was changed"),
            "{screen}"
        );
        assert_eq!(machine(&lab), before, "{words}");
    }
    // A repair that replaces nothing has nothing to ask.
    assert_eq!(OnTerminal::start(lab.hoist("plan repair demo")).wait().code, Some(0));
    crate::examples::kill_instance_of(&lab, "demo", "web");
    let (code, screen) = answered(&lab, "plan repair demo", "n\n");
    assert!(code == Some(1) && screen.contains("raised anew: "), "{screen}");
    assert_eq!(machine(&lab), before);
    let (code, screen) = answered(&lab, "plan repair demo", "y\n");
    assert_eq!(code, Some(0), "{screen}");
    let (code, screen) = answered(&lab, "plan terminate demo", "yes\n");
    assert_eq!(code, Some(0), "{screen}");
    lab.assert_nothing_runs();
}

#[test]
fn who_says_yes_before_or_cannot_be_asked_is_not_asked() {
    let lab = lab();
    for words in
        ["plan reboot demo --yes", "plan reboot demo --no-input", "plan repair demo --yes", "plan terminate demo -y"]
    {
        let seen = OnTerminal::start(lab.hoist(words)).wait();
        assert_eq!(seen.code, Some(0), "{words}: {}", seen.screen);
        assert!(!seen.screen.contains("Go on?"), "{words}: {}", seen.screen);
    }
    lab.assert_nothing_runs();
}

#[test]
fn off_a_terminal_the_four_act_and_say_what_they_do() {
    let lab = lab();
    let rebooted = lab.hoist("plan reboot demo").exit(0);
    assert!(rebooted.stderr.starts_with("~  web  raised anew; INSTANCE ends\n"), "{rebooted}");
    for command in ["reload demo.toml", "repair demo", "reboot demo", "terminate demo"] {
        // One document, whatever is announced.
        lab.hoist(&format!("plan {command} -o json")).exit(0).json();
    }
    for command in ["reload", "repair", "reboot", "terminate"] {
        lab.hoist(&format!("plan {command} --help")).exit(0).says("off a terminal, and with --no-input,");
    }
}

#[test]
fn what_a_dry_run_says_of_a_dead_machine_is_what_the_reload_does() {
    let lab = lab();
    crate::examples::kill_instance_of(&lab, "demo", "web");
    let before = machine(&lab);
    let dry = lab.hoist("plan reload demo.toml --dry-run").exit(2).stderr("");
    assert!(dry.stdout.starts_with("~  web  raised anew: INSTANCE: "), "{dry}");
    let document = lab.hoist("plan reload demo.toml --dry-run -o json").exit(2).json();
    assert_eq!((&document["changed"], &document["rebooted"][0]["service"]), (&true.into(), &"web".into()));
    assert_eq!(machine(&lab), before);
    let done = lab.hoist("plan reload demo.toml").exit(0);
    assert!(done.stdout.starts_with(&dry.stdout), "{done}");
    assert_ne!(machine(&lab), before);
    lab.hoist("plan reload demo.toml --dry-run").exit(0).stdout("demo is in line with the plan\n");
    // What fails its check is announced as well.
    lab.file("demo.toml", format!("{PLAN}ready = {{ program = \"ready.sh\", retries = 0 }}\n"));
    lab.program("ready.sh", "exit 5");
    lab.hoist("plan reload demo.toml --dry-run")
        .exit(2)
        .says("~  web  raised anew: ready.sh ended with exit code 5; INSTANCE ends\n");
}

/// A lab with a run whose tear-down was interrupted while the terminate program of `web` waits at its gate.
fn on_the_way_down() -> (Lab, crate::lab::Gate) {
    let plan = "[[levels]]\n[levels.services.db]\n[[levels]]\n[levels.services.web]\nboot = \"true.sh\"\nterminate = \"bye.sh\"\n";
    let lab = Lab::with_plan(plan);
    lab.gated_program("bye.sh", "exit 0");
    lab.hoist("plan boot demo.toml").exit(0);
    let terminate = lab.hoist("plan terminate demo").spawn();
    let gate = lab.await_gate("web");
    terminate.signal(nix::sys::signal::Signal::SIGINT);
    let stopped = terminate.wait().exit(130).never_says("plan resume");
    stopped.says("  hoist plan terminate demo  goes on\n");
    (lab, gate)
}

#[test]
fn to_go_on_down_is_announced_and_refused_where_nobody_can_be_asked() {
    let (lab, gate) = on_the_way_down();
    let announced = "demo is being brought down: 2 services, 2 instances
-  db  removed; INSTANCE ends
-  web  removed; INSTANCE ends after its terminate program
";
    let before = lab.instances().len();
    lab.hoist("plan resume demo").exit(64).stdout("").stderr(&format!(
        "{announced}hoist: demo: going on ends something (2 removed), and there is nobody to ask
  try: hoist plan terminate demo
  try: hoist plan resume demo --yes
"
    ));
    let (code, screen) = answered(&lab, "plan resume demo", "n\n");
    assert!(code == Some(1) && screen.contains("nothing was changed"), "{screen}");
    assert_eq!(lab.instances().len(), before, "nothing was ended");
    let resume = lab.hoist("plan resume demo --yes").spawn();
    gate.open();
    let resumed = resume.wait().exit(0).says("demo is gone");
    assert!(resumed.stderr.starts_with(announced), "{resumed}");
    lab.assert_nothing_runs();
    lab.hoist("plan resume --help").exit(0).says("it is refused");
}

#[test]
fn the_command_that_the_refusal_names_goes_on_without_a_question() {
    let (lab, gate) = on_the_way_down();
    lab.hoist("plan resume demo").exit(64).says("  try: hoist plan terminate demo\n");
    gate.open();
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}
