//! Host keys: whoever has another one gets nothing.

use std::fs;

use hoist::host::ssh::{SshHost, SshTarget};
use hoist::plan::HostKeyPolicy;
use hoist::provider::{Host, HostError};

use crate::ssh::lab::{Lab, Shows, output, reach, until};
use hoist_test_support::machine::{CloudInit, Machine};

fn public_key(machine: &Machine) -> String {
    let line = fs::read_to_string(machine.file("/etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
    line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn known_hosts(lab: &Lab) -> String {
    fs::read_to_string(lab.directory.path().join("ssh/run/known_hosts")).unwrap_or_default()
}

#[tokio::test]
async fn an_ephemeral_key_serves_once_and_is_replaced() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let ephemeral = public_key(&machine);
    let host = lab.reached(&machine).await;
    let own = public_key(&machine);
    assert_ne!(own, ephemeral);
    assert_eq!(known_hosts(&lab), format!("i-1 {own}\n"));
    assert_eq!(output(&host, "left", "ls /etc/ssh | grep hoist; true").await, "");
    assert!(lab.keys.ephemeral("a1").unwrap_err().to_string().contains("used and removed"));
    // With the key from the user data nobody passes for it any more.
    lab.links.close().await;
    let (address, port) = (machine.address().to_owned(), machine.port());
    machine.stop();
    let impostor = lab.start_at("i-evil", "", &address, port, CloudInit::Fast);
    refused(
        &lab.host_of(SshTarget { machine: Some("i-1".to_owned()), ..lab.target(&impostor) }),
        &impostor,
        "is not i-1",
    )
    .await;
}

/// The host is refused, and nothing was sent to the machine.
async fn refused(host: &SshHost, machine: &Machine, why: &str) {
    until("the machine listens", || machine.console().contains("Server listening")).await;
    match host.reach().await {
        Err(HostError::Failed(reason)) => assert!(reason.contains(why), "{reason}"),
        other => panic!("{other:?}\n{}", machine.console()),
    }
    let console = machine.console();
    assert!(console.contains("Connection from"), "{console}");
    assert!(!console.contains("Accepted") && machine.sessions() == 0, "{console}");
}

#[tokio::test]
async fn a_wrong_or_swapped_key_is_refused_before_anything_is_sent() {
    let Some(lab) = Lab::new() else { return };
    let machines = [lab.start("i-1", &lab.user_data("a1")), lab.start("i-2", &lab.user_data("a2"))];
    for (id, token) in [("i-1", "a1"), ("i-2", "a2")] {
        lab.keys.pin_ephemeral(id, &lab.keys.ephemeral(token).unwrap().public).unwrap();
    }
    let other = |id: &str| if id == "i-1" { "i-2" } else { "i-1" };
    for machine in &machines {
        let target = SshTarget { machine: Some(other(machine.id()).to_owned()), ..lab.target(machine) };
        let host = lab.host_of(target);
        refused(&host, machine, "nothing was sent to it").await;
        let Err(HostError::Failed(reason)) = host.reach().await else { panic!("it was let through") };
        // What is offered and what is expected, and what to do.
        assert_eq!(reason.reason.matches("SHA256:").count(), 2, "{reason}");
        assert!(reason.contains("hoist plan repair"), "{reason}");
    }
    // The right way round both are well.
    for machine in &machines {
        lab.reached(machine).await;
    }
}

#[tokio::test]
async fn keys_of_the_console_are_waited_for_and_held_to() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let console = Shows::new("[ 0.1] Linux\n");
    let host = SshHost::new(lab.target(&machine), lab.keys.clone(), lab.links.clone(), Some(console.clone()));
    let waits = host.reach().await;
    assert!(
        matches!(&waits, Err(HostError::Unreachable(reason)) if reason.contains("not written its host key")),
        "{waits:?}"
    );
    *console.0.lock().unwrap() = Err("throttled".to_owned());
    let waits = host.reach().await;
    assert!(matches!(&waits, Err(HostError::Unreachable(reason)) if reason.contains("throttled")), "{waits:?}");
    *console.0.lock().unwrap() = Ok(machine.console());
    reach(&host).await.unwrap();
    assert_eq!(known_hosts(&lab), format!("i-1 {}\n", public_key(&machine)));
    // Once known, the console is not asked again: its text could be anybody's by now.
    lab.links.close().await;
    *console.0.lock().unwrap() = Err("gone".to_owned());
    host.reach().await.unwrap();
    let nobody = lab.start("i-2", "");
    until("the machine listens", || nobody.console().contains("Server listening")).await;
    let refused = lab.host_of(lab.target(&nobody)).reach().await;
    assert!(matches!(&refused, Err(HostError::Failed(reason)) if reason.contains("accept-new")), "{refused:?}");
    assert!(!nobody.console().contains("Connection from"));
}

#[tokio::test]
async fn a_key_is_taken_at_first_sight_only_where_the_plan_says_so() {
    let Some(lab) = Lab::new() else { return };
    for machine_id in [Some("i-1".to_owned()), None] {
        let machine = lab.start("i-1", "");
        let target = SshTarget { machine: machine_id, policy: HostKeyPolicy::AcceptNew, ..lab.target(&machine) };
        let host = lab.host_of(target.clone());
        let reached = reach(&host).await.unwrap();
        assert_eq!(reached.notes.len(), 1, "{reached:?}");
        assert!(reached.notes[0].contains("at first sight") && reached.notes[0].contains("SHA256:"), "{reached:?}");
        assert!(known_hosts(&lab).contains(&public_key(&machine)), "{}", known_hosts(&lab));
        lab.links.close().await;
        assert_eq!(lab.host_of(target.clone()).reach().await.unwrap().notes, [] as [String; 0]);
        // From then on it is held to it.
        lab.links.close().await;
        let (address, port) = (machine.address().to_owned(), machine.port());
        machine.stop();
        let other = lab.start_at("i-other", "", &address, port, CloudInit::Fast);
        refused(&lab.host_of(target), &other, "nothing was sent to it").await;
    }
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_refused() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let host = lab.host_of(SshTarget { machine: None, ..lab.target(&machine) });
    refused(&host, &machine, "is not known").await;
}
