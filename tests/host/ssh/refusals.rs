//! What goes wrong before there is a connection, and what a person is told.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use hoist::host::ssh::{SshTarget, SshTerms};
use hoist::plan::HostKeyPolicy;
use hoist::provider::{Host, HostError};

use crate::ssh::lab::{Lab, free_address, until};
use hoist_test_support::machine::{Machine, generate_key};

fn nobody(lab: &Lab, address: &str, port: u16) -> SshTarget {
    SshTarget {
        address: address.to_owned(),
        port: Some(port),
        user: Some("root".to_owned()),
        key: Some(lab.key()),
        policy: HostKeyPolicy::AcceptNew,
        machine: None,
        base: crate::ssh::lab::BASE.into(),
        service: "web".to_owned(),
        terms: SshTerms::default(),
    }
}

async fn unreachable(lab: &Lab, target: SshTarget, why: &str) {
    match lab.host_of(target).reach().await {
        Err(HostError::Unreachable(reason)) => assert!(reason.contains(why), "{reason}"),
        other => panic!("{why}: {other:?}"),
    }
}

async fn failed(lab: &Lab, target: SshTarget, why: &[&str]) {
    match lab.host_of(target).reach().await {
        Err(HostError::Failed(reason)) => assert!(why.iter().all(|why| reason.contains(why)), "{reason}"),
        other => panic!("{why:?}: {other:?}"),
    }
}

#[tokio::test]
async fn whoever_does_not_answer_may_do_so_later() {
    let Some(lab) = Lab::new() else { return };
    let (address, port) = free_address();
    unreachable(&lab, nobody(&lab, &address, port), "Connection refused").await;
    unreachable(&lab, nobody(&lab, "no-such-host.invalid", 22), "Could not resolve").await;
    // One that hangs up, and one that says nothing: as a machine that is on its way up does.
    let listener = TcpListener::bind((address.as_str(), port)).unwrap();
    let target = nobody(&lab, &address, port);
    let server = std::thread::spawn(move || {
        drop(listener.accept().unwrap());
        let (silent, _) = listener.accept().unwrap();
        std::io::copy(&mut &silent, &mut std::io::sink()).unwrap();
    });
    unreachable(&lab, target.clone(), "Connection").await;
    unreachable(&lab, target, "banner exchange").await;
    server.join().unwrap();
}

async fn listening(lab: &Lab, id: &str) -> Machine {
    let machine = lab.start_pinned(id, id);
    until("the machine listens", || machine.console().contains("Server listening")).await;
    machine
}

#[tokio::test]
async fn a_refused_login_names_user_and_key() {
    let Some(lab) = Lab::new() else { return };
    let machine = listening(&lab, "i-1").await;
    let wrong = lab.directory.path().join("wrong");
    generate_key(&wrong);
    let target = SshTarget { key: Some(wrong.clone()), user: Some("admin".to_owned()), ..lab.target(&machine) };
    // A machine that has just been born may let us in later; a host that is there does not.
    unreachable(&lab, target.clone(), &format!("admin@{}", machine.address())).await;
    unreachable(&lab, target.clone(), wrong.to_str().unwrap()).await;
    let there = SshTarget { machine: None, policy: HostKeyPolicy::AcceptNew, ..target };
    failed(&lab, there, &["Permission denied", "admin@", wrong.to_str().unwrap(), "`ssh.user`"]).await;
}

#[tokio::test]
async fn a_key_that_ssh_would_not_use_is_told_before_anything_is_connected() {
    let Some(lab) = Lab::new() else { return };
    let machine = listening(&lab, "i-1").await;
    let with = |key: &std::path::Path| SshTarget { key: Some(key.to_owned()), ..lab.target(&machine) };
    failed(&lab, with(&lab.directory.path().join("none")), &["there is no key", "none"]).await;
    failed(&lab, with(&lab.key().with_extension("pub")), &["public key"]).await;
    fs::set_permissions(lab.key(), Permissions::from_mode(0o644)).unwrap();
    failed(&lab, with(&lab.key()), &["mode 0644", "chmod 600"]).await;
    assert!(!machine.console().contains("Connection from"), "{}", machine.console());
}

#[tokio::test]
async fn a_host_that_is_let_go_of_keeps_nothing() {
    let Some(lab) = Lab::new() else { return };
    let machine = listening(&lab, "i-1").await;
    let target = SshTarget { machine: None, policy: HostKeyPolicy::AcceptNew, ..lab.target(&machine) };
    let (web, other) = (lab.host_of(target.clone()), lab.host_of(SshTarget { service: "other".to_owned(), ..target }));
    let daemon = "setsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' > /dev/null 2>&1 & echo $!";
    let ours = crate::ssh::lab::output(&web, "daemon", daemon).await;
    let theirs = crate::ssh::lab::output(&other, "daemon", daemon).await;
    let long = crate::ssh::lab::shell("long", "sleep 302");
    let (running, ()) = tokio::join!(web.run(&long), async {
        until("it runs", || crate::ssh::processes::matching(&["sleep", "302"]).len() == 1).await;
        web.release().await.unwrap();
    });
    // It was ended by us, or the whole connection with it.
    assert!(!running.is_ok_and(|finished| finished.outcome.success()));
    let alive =
        format!("for p in {ours} {theirs}; do [ ! -e /proc/$p ] || echo $p; done; ls -A {}", crate::ssh::lab::BASE);
    let left = crate::ssh::lab::output(&other, "left", &alive).await;
    assert_eq!(left.lines().next(), Some(theirs.as_str()), "{left}");
    assert_eq!(left.lines().count(), 2, "the other service's jobs: {left}");
    other.release().await.unwrap();
    other.release().await.unwrap();
    assert!(!machine.file(crate::ssh::lab::BASE).exists());
    assert!(crate::ssh::processes::matching(&["sleep", "302"]).is_empty());
}

#[tokio::test]
async fn a_host_that_was_never_used_need_not_answer_to_be_left() {
    let Some(lab) = Lab::new() else { return };
    let (address, port) = free_address();
    let host = lab.host_of(nobody(&lab, &address, port));
    host.remove(std::path::Path::new(crate::ssh::lab::BASE)).await.unwrap();
    host.release().await.unwrap();
    let machine = listening(&lab, "i-1").await;
    let there = SshTarget { machine: None, policy: HostKeyPolicy::AcceptNew, ..lab.target(&machine) };
    crate::ssh::lab::output(&lab.host_of(there.clone()), "use", "true").await;
    lab.links.close().await;
    machine.stop();
    // One that was used must be asked, also by the next process.
    for left in [
        lab.host_of(there.clone()).release().await,
        lab.host_of(there).remove(std::path::Path::new(crate::ssh::lab::BASE)).await,
    ] {
        assert!(matches!(left, Err(HostError::Unreachable(_))), "{left:?}");
    }
}
