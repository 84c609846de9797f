//! Connections that break, processes that are killed: what was begun is gone on with.

use std::time::Duration;

use hoist::host::ssh::SshHost;
use hoist::provider::{Command, CompletedProcess, ExitOutcome, Host, HostError};

use crate::ssh::lab::{Lab, output, run, shell, until};
use crate::ssh::processes::{kill, matching};
use hoist_test_support::machine::Machine;

/// Asks again while the host does not answer.
async fn insist(host: &SshHost, command: &Command) -> CompletedProcess {
    loop {
        match host.run(command).await {
            Err(HostError::Unreachable(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            other => return other.unwrap(),
        }
    }
}

/// The connections of the lab's run, as processes.
fn masters(lab: &Lab) -> Vec<i32> {
    matching(&["ssh", "-F", lab.directory.path().to_str().unwrap()])
}

/// The shells of ours on the machine that wait for a program's end.
fn waiting(machine: &Machine) -> usize {
    let connection = format!(" {} {}\0", machine.address(), machine.port());
    let ours = matching(&["sh", "IFS= read -r s"]).into_iter().filter(|process| {
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&connection)
    });
    ours.count()
}

async fn begun(machine: &Machine, path: &str) {
    let file = machine.file(path);
    until(path, || file.exists()).await;
}

#[tokio::test]
async fn a_connection_that_was_lost_while_idle_is_not_noticed() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-idle", "a1");
    let host = lab.reached(&machine).await;
    assert_eq!(masters(&lab).len(), 1, "one connection for all");
    masters(&lab).into_iter().for_each(kill);
    assert_eq!(output(&host, "killed", "echo well").await, "well");
    // The far end goes away, as with a machine that is started anew.
    let sessions =
        "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -q '^sshd: root' && echo ${p#/proc/}; done";
    run(&host, "drop", &format!("(sleep 0.1; kill -9 $({sessions})) > /dev/null 2>&1 &")).await;
    until("the connection is gone", || masters(&lab).is_empty()).await;
    assert_eq!(output(&host, "dropped", "echo well").await, "well");
    lab.links.close().await;
    until("everything is closed", || masters(&lab).is_empty()).await;
}

#[tokio::test]
async fn a_program_goes_on_when_its_connection_is_lost() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-lost", "a1");
    let host = lab.reached(&machine).await;
    let command =
        shell("long", "echo ran >> /tmp/ran; while [ ! -e /tmp/go ]; do sleep 0.05; done; cat /tmp/ran; exit 5");
    let (finished, ()) = tokio::join!(insist(&host, &command), async {
        begun(&machine, "/tmp/ran").await;
        for _ in 0..3 {
            let asked = machine.sessions();
            masters(&lab).into_iter().for_each(kill);
            until("it is asked anew", || machine.sessions() > asked).await;
        }
        // Whoever waits over a connection that is gone ends with it; the one that is left has a child.
        until("one waits", || waiting(&machine) == 2).await;
        std::fs::write(machine.file("/tmp/go"), "").unwrap();
    });
    assert_eq!((finished.outcome, finished.output.as_str()), (ExitOutcome::Exit(5), "ran\n"));
}

#[tokio::test]
async fn a_program_whose_keeper_was_killed_is_ended_and_told_of() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-keeper", "a1");
    let host = lab.reached(&machine).await;
    let command = shell("kept", "echo some; touch /tmp/began; sleep 301");
    let keeper = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -q '^sh .*/job.[0-9]* run 60' && echo ${p#/proc/}; done";
    let (finished, ()) = tokio::join!(insist(&host, &command), async {
        begun(&machine, "/tmp/began").await;
        // Its own keeper is the younger one.
        run(&host, "kill", &format!("kill -9 $({keeper} | sort -n | head -n 1)")).await;
    });
    assert_eq!((finished.outcome, finished.output.as_str()), (ExitOutcome::Signal(9), "some\n"));
    assert_eq!(insist(&host, &command).await, finished);
    assert_eq!(output(&host, "left", "ps -e -o args | grep '[s]leep 301'; true").await, "");
}

#[tokio::test]
async fn a_hoist_that_is_killed_leaves_its_program_to_the_next() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-killed", "a1");
    let script = "echo ran >> /tmp/ran; while [ ! -e /tmp/go ]; do sleep 0.05; done; cat /tmp/ran";
    lab.save(&machine, "job", script);
    for _ in 0..3 {
        let mut other = crate::ssh::helper::start(&lab);
        begun(&machine, "/tmp/ran").await;
        other.kill().unwrap();
        other.wait().unwrap();
    }
    std::fs::write(machine.file("/tmp/go"), "").unwrap();
    let host = lab.reached(&machine).await;
    assert_eq!(run(&host, "job", script).await.output, "ran\n");
}
