//! Instances that do not join say why, in time; their logs are shown; and a shell on one is had.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::annex_tokens::machine::Machine;
use hoist_test_support::judges::said;

/// How soon the first error of an instance is told.
const SOON: Duration = Duration::from_secs(120);

fn shown(machine: &Machine, command: &str) -> Value {
    let output = machine.output("admin", &format!("hoist annex {command} -o json"));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)))
}

/// What the only instance of an annex tells of why it is not in the pool, once it does.
#[track_caller]
fn failure(machine: &Machine, annex: &str, since: Instant) -> Value {
    loop {
        let status = shown(machine, &format!("status {annex}"));
        let failure = status["instances"][0]["join_failure"].clone();
        if !failure.is_null() {
            return failure;
        }
        assert!(since.elapsed() < SOON, "{status}");
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn what_keeps_an_instance_out_is_told_in_time() {
    let Some(machine) = Machine::start() else { return };
    machine.make_token("given", "-lifetime 7200");
    machine.must(
        "root",
        "umask 077; condor_token_create -key POOL -identity guest@lab -lifetime 9000 > /home/admin/guest; chown admin: /home/admin/guest",
    );
    machine.must("admin", "umask 077; mkdir guests; cp guest guests/guest");
    let tokens = |place: &str| format!("SEC_TOKEN_DIRECTORY = {place}\nSEC_TOKEN_SYSTEM_DIRECTORY = {place}");
    let cases = [
        ("denied", tokens("/home/admin/guests"), "not-allowed", "guest@lab"),
        ("lost", tokens("/nowhere"), "not-authenticated", "AUTHENTICATE:1003"),
        ("unnamed", "COLLECTOR_HOST = no.such.invalid".to_owned(), "not-resolved", "no.such.invalid"),
        ("refused", "COLLECTOR_HOST = 127.0.0.9:9".to_owned(), "not-reachable-now", "Connection refused"),
        ("wrong", "use feature : nothing_like_this".to_owned(), "not-configured", "Configuration Error"),
    ];
    let mut since = Vec::new();
    for (name, configuration, ..) in &cases {
        machine.write(&format!("{name}.conf"), configuration);
        let create =
            format!("create {name} --lease 30m --token-file given --config-file {name}.conf {}", machine.joining());
        machine.hoist(&format!("{create} --wait capacity"), 0);
        since.push(Instant::now());
    }
    for ((name, _, kind, words), since) in cases.iter().zip(since) {
        let told = failure(&machine, name, since);
        assert_eq!(told["kind"], *kind, "{name}: {told}");
        assert!(told["said"].as_str().unwrap().contains(words), "{name}: {told}");
        machine.note(&format!("{name}: {}", told["said"]));
        let logs = shown(&machine, &format!("logs {name}"));
        let logs = &logs["instances"][0];
        assert_eq!(logs["join_failure"]["kind"], *kind, "{logs}");
        assert!(!logs.to_string().contains("eyJ"), "no token is in them");
        if *kind == "not-configured" {
            continue;
        }
        let names: Vec<&str> =
            logs["logs"].as_array().unwrap().iter().map(|log| log["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"MasterLog") && names.contains(&"StartLog"), "{names:?}");
    }
    let said = machine.hoist("status denied", 0);
    assert!(said.contains("is not in the pool: the pool does not let it in: "), "{said}");
    let said = machine.hoist("logs wrong", 0);
    assert!(said.contains("its configuration failed: ") && said.contains("Configuration Error"), "{said}");
    assert!(said.contains("no logs: ") && said.contains("its console tells"), "{said}");

    // Whoever waits for the pool is told meanwhile.
    let waits = "timeout -s INT 50 hoist annex create waiting --lease 30m --token-file given --config-file denied.conf";
    let output = machine.output("admin", &format!("{waits} {} --wait pool", machine.joining()));
    let told = hoist_test_support::judges::said(&output);
    assert!(told.contains("is not in the pool: the pool does not let it in: "), "{told}");
    for name in cases.iter().map(|(name, ..)| *name).chain(["waiting"]) {
        machine.hoist(&format!("delete {name} --yes"), 0);
    }
}

#[test]
fn a_collector_that_restarts_is_waited_for_and_never_called_forbidding() {
    let Some(machine) = Machine::start() else { return };
    machine.make_token("given", "-lifetime 7200");
    // Its instance takes a while to come into the pool, and the collector goes away meanwhile.
    machine.write("slow.sh", "#!/bin/sh\nsleep 12");
    let create = format!(
        "hoist annex create late --lease 30m --user-data slow.sh --token-file given --wait pool {}",
        machine.joining()
    );
    std::thread::scope(|scope| {
        let made = scope.spawn(|| machine.output("admin", &create));
        machine.until("it is made", || machine.run("admin", "find . -name console.log | grep -q .").is_ok());
        machine.must("root", "condor_off -fast -collector");
        machine.until("its daemons try", || {
            machine.run("admin", "grep -qs SECMAN $(find . -path '*/pool/log/StartLog')").is_ok()
        });
        let logs = shown(&machine, "logs late");
        assert_eq!(logs["instances"][0]["join_failure"]["kind"], "not-reachable-now", "{logs}");
        assert!(!made.is_finished(), "it waits: {}", said(&made.join().unwrap()));
        machine.must("root", "condor_on -collector");
        let output = made.join().unwrap();
        let told = said(&output);
        assert!(output.status.success() && told.contains("the pool is not reachable now"), "{told}");
        assert!(!told.contains("does not let") && !told.contains("does not allow"), "{told}");
    });
    assert!(shown(&machine, "status late")["instances"][0]["join_failure"].is_null());
    machine.hoist("delete late --yes", 0);
}

#[test]
fn a_command_runs_on_an_instance_of_this_machine_as_on_a_machine_of_its_own() {
    let Some(machine) = Machine::start() else { return };
    machine.make_token("given", "-lifetime 7200");
    machine.hoist(&format!("create two --count 2 --lease 30m --token-file given --wait pool {}", machine.joining()), 0);
    let ids = machine.instances("two");
    let said = machine.hoist("ssh two -- true", 64);
    assert!(said.contains(&ids[0]) && said.contains("--instance ID"), "{said}");
    let ssh = |command: &str| machine.output("admin", &format!("hoist annex ssh two --instance {} {command}", ids[1]));
    assert_eq!(ssh("-- sh -c 'exit 7'").status.code(), Some(7));
    assert_eq!(ssh("-- sh -c 'kill -TERM $$'").status.code(), Some(128 + 15));
    let printed = |command: &str| String::from_utf8_lossy(&ssh(command).stdout).into_owned();
    assert_eq!(printed("-- sh -c 'echo \"$HOIST_INSTANCE $1\"' sh 'a  b'"), format!("{} a  b\n", ids[1]));
    // Its processes and its HTCondor are those of the instance.
    assert!(printed("-- cat /proc/1/cmdline").contains("__init"), "{}", printed("-- cat /proc/1/cmdline"));
    assert_eq!(printed("-- condor_config_val AnnexName"), "\"two\"\n");
    assert_eq!(printed("-- sh -c 'pwd; echo $HOME'").lines().collect::<std::collections::BTreeSet<_>>().len(), 1);
    // What it is given to read goes there, by a shell where no command is named.
    let output = machine.output(
        "admin",
        &format!("echo 'echo in $HOIST_INSTANCE; exit 5' | hoist annex ssh two --instance {}", ids[0]),
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("in {}\n", ids[0]));
    assert_eq!(output.status.code(), Some(5));
    machine.hoist("delete two --yes", 0);
    let said = machine.hoist("ssh two -- true", 1);
    assert!(said.contains("annex two"), "{said}");
}
