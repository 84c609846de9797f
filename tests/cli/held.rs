//! One writer a run: who comes second is told who was first.

use nix::sys::signal::Signal;

use crate::lab::{Lab, eventually};

const PLAN: &str = "[[levels]]\n[levels.services.web]\nboot = \"wait.sh\"\n";

#[test]
fn a_second_boot_of_the_same_name_is_refused() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    lab.hoist("plan boot demo.toml").exit(0);
    let before = lab.hoist("plan show demo -o json").exit(0).json();
    lab.hoist("plan boot demo.toml").exit(1).stdout("").stderr(
        "hoist: there is a run named demo already, and it has not ended
  try: go on with it (hoist plan resume demo), end it (hoist plan terminate demo), or choose another name (--name NAME)
",
    );
    assert_eq!(lab.hoist("plan show demo -o json").exit(0).json(), before);
    assert_eq!(lab.instances().len(), 1);
    lab.hoist("plan boot demo.toml --name second").exit(0).says("second is up: 1 service ready, TIME\n");
    assert_eq!(lab.instances().len(), 2);
    lab.hoist("plan terminate demo").exit(0);
    lab.hoist("plan boot demo.toml").exit(0);
}

#[test]
fn a_run_that_another_process_holds_is_left_to_it() {
    let lab = Lab::with_plan(PLAN);
    lab.gated_program("wait.sh", "");
    let boot = lab.hoist("plan boot demo.toml").spawn();
    let gate = lab.await_gate("web");
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let message = format!(
        "hoist: run demo is held by {user}@{host} (process {0}) since WHEN, last heard of TIME ago
  try: wait until it is done, or stop it safely on {host}: kill -INT {0}
",
        boot.id()
    );
    for command in
        ["resume demo", "repair demo", "reload demo.toml --var x=y", "reboot demo", "terminate demo", "clean demo"]
    {
        lab.hoist(&format!("plan {command} -q")).exit(4).stdout("").stderr(&message);
    }
    lab.hoist("plan boot demo.toml -q").exit(4).stdout("").stderr(&format!(
        "hoist: there is a run named demo already, and it is held by {user}@{host} (process {0}) since WHEN
  try: choose another name (--name NAME), or wait until it is done, or stop it safely on {host}: kill -INT {0}
",
        boot.id()
    ));
    // Two of which one is held: the other goes.
    lab.file("taken.toml", "[[levels]]\n[levels.services.web]\n");
    lab.hoist("plan boot taken.toml").exit(0);
    let ended = lab.hoist("plan terminate demo taken").exit(4);
    assert!(ended.stderr.contains(&message.replace("hoist: ", "demo: ")), "{ended}");
    assert!(ended.stdout.starts_with("taken is gone"), "{ended}");

    // Who only looks is not kept out, and sees who works.
    let holder = format!("held by {user}@{host} (process {}) since WHEN\n", boot.id());
    lab.hoist("plan list").exit(0).says(&holder);
    lab.hoist("plan status demo").exit(1).says(&holder);
    lab.hoist("plan show demo").exit(0).says("demo is booting  demo.toml\n");
    lab.hoist("plan logs demo").exit(0);
    lab.hoist("plan history demo").exit(0);
    let question = lab.hoist("plan history demo --terminate --yes").exit(4);
    assert!(question.stderr.ends_with(&message), "{question}");

    gate.open();
    boot.wait().exit(0);
    lab.hoist("plan status demo").exit(0).never_says("held by");
}

#[test]
fn the_command_that_stops_the_holder_works() {
    let lab = Lab::with_plan(PLAN);
    lab.gated_program("wait.sh", "");
    let boot = lab.hoist("plan boot demo.toml").spawn();
    let gate = lab.await_gate("web");
    let refused = lab.hoist("plan terminate demo").exit(4);
    let command = refused.raw_stderr.rsplit_once(": kill ").expect("it says how to stop the holder").1.trim();
    assert_eq!(command, format!("-INT {}", boot.id()));
    boot.signal(Signal::SIGINT);
    boot.wait().exit(130);
    drop(gate);
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_holder_that_was_killed_holds_nothing() {
    let lab = Lab::with_plan(PLAN);
    lab.gated_program("wait.sh", "");
    let boot = lab.hoist("plan boot demo.toml").spawn();
    let gate = lab.await_gate("web");
    boot.signal(Signal::SIGKILL);
    assert_eq!(boot.wait().signal, Some(9));
    let resume = lab.hoist("plan resume demo").spawn();
    gate.open();
    resume.wait().exit(0).says("demo is up: 1 service ready, TIME\n");
    let printed = eventually("the program has ended once", || {
        let logs = lab.hoist("plan logs demo web -o json").exit(0).json();
        logs["services"][0]["programs"].as_array().map(Vec::len).filter(|count| *count > 0)
    });
    assert_eq!(printed, 1);
}

#[test]
fn a_hint_leads_to_the_state_file_that_was_named() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n");
    // What is told of how to go on, of what there is, and of what was refused.
    let booted = lab.hoist("--state other.db plan boot demo.toml").exit(0);
    booted.says("hoist --state other.db plan status demo ").says("hoist --state other.db plan terminate demo ");
    lab.hoist("--state other.db plan status demo -o json").exit(0).never_says("--state");
    lab.hoist("--state other.db plan boot demo.toml").exit(1).stdout("").stderr(
        "hoist: there is a run named demo already, and it has not ended
  try: go on with it (hoist --state other.db plan resume demo), end it (hoist --state other.db plan terminate demo), or choose \
         another name (--name NAME)
",
    );
    // As it is told, it works.
    lab.hoist("--state other.db plan terminate demo").exit(0);
}
