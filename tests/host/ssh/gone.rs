//! Hosts that are gone, re-keyed or busy: what is told, what mends it, and how to give one up.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hoist::provider::Host as _;
use serde_json::Value;

use crate::ssh::desk::{Desk, advice};
use crate::ssh::lab::{Lab, until};
use hoist_test_support::machine::CloudInit;

fn plan(desk: &Desk, address: &str, port: u16) -> String {
    format!(
        "[[levels]]\n[levels.services.db]\naddress = \"{address}\"\n{}\nboot = \"true.sh\"\nready = \"true.sh\"\n\
         terminate = \"true.sh\"\n[[levels]]\n[levels.services.here]\nrun_on = \"this-host\"\nboot = \"true.sh\"\n",
        desk.ssh("root", port)
    )
}

#[tokio::test]
async fn a_host_that_is_gone_for_good_is_given_up() {
    let Some(desk) = Desk::new() else { return };
    let (address, port) = crate::ssh::lab::free_address();
    let machine = desk.machine(&address, port).await;
    desk.file("demo.toml", &plan(&desk, &address, port));
    desk.hoist("plan boot demo.toml").exit(0);
    machine.stop();
    desk.hoist("plan terminate demo --abandon database").exit(64).says("has no service database");
    desk.hoist("plan terminate demo --abandon here").exit(64).says("runs on this host");
    desk.hoist("plan terminate demo other --abandon db").exit(64).says("services of one run");
    let said = desk.hoist("plan terminate demo --abandon db").exit(0);
    said.says("demo is gone").says(&format!("given up db: what was put on {address} and what runs there stays"));
    let document = desk.hoist("plan terminate demo -o json").exit(0).json();
    assert_eq!(document["abandoned"], serde_json::json!([{ "service": "db", "address": address }]));
    assert_eq!(document["levels"][0]["services"][0]["abandoned"], true);
    assert_eq!(document["levels"][1]["services"][0]["abandoned"], Value::Null);
    assert_eq!(document["outcome"], "gone");
}

#[tokio::test]
async fn the_advice_for_a_changed_key_mends_it() {
    let Some(desk) = Desk::new() else { return };
    let (address, port) = crate::ssh::lab::free_address();
    let machine = desk.machine(&address, port).await;
    desk.file("demo.toml", &plan(&desk, &address, port));
    desk.hoist("plan boot demo.toml").exit(0);
    machine.stop();
    // The same address, set up anew.
    let _machine = desk.machine(&address, port).await;
    let said = desk.hoist("plan status demo").exit(2);
    let said = said.says("offers another host key").says("nothing was sent to it");
    follow(&desk, &advice(&said));
    desk.hoist("plan status demo").exit(0);
    desk.hoist("plan terminate demo").exit(0);
}

#[tokio::test]
async fn the_advice_for_a_key_in_the_users_own_record_mends_it() {
    let Some(desk) = Desk::new() else { return };
    let (address, port) = crate::ssh::lab::free_address();
    let machine = desk.machine(&address, port).await;
    let name = format!("[{address}]:{port}");
    desk.know(&name, &machine);
    desk.file("demo.toml", &plan(&desk, &address, port).replace("accept-new", "strict"));
    desk.hoist("plan boot demo.toml").exit(0);
    machine.stop();
    let machine = desk.machine(&address, port).await;
    let said = desk.hoist("plan status demo").exit(2).says("offers another host key");
    follow(&desk, &advice(&said));
    // What was forgotten is unknown, as it was before the first time.
    desk.hoist("plan status demo").exit(2).says("is not known").says(&format!("ssh -p {port} root@{address}"));
    desk.know(&name, &machine);
    desk.hoist("plan status demo").exit(0);
    desk.hoist("plan terminate demo").exit(0);
}

#[tokio::test]
async fn a_key_that_any_file_of_the_user_knows_is_not_taken_for_a_new_one() {
    let Some(desk) = Desk::new() else { return };
    let (address, port) = crate::ssh::lab::free_address();
    let machine = desk.machine(&address, port).await;
    desk.file("demo.toml", &plan(&desk, &address, port));
    let record = desk.path("second");
    let files = format!("Host *\n  UserKnownHostsFile {} {}\n", desk.path("first").display(), record.display());
    desk.file("home/.ssh/config", &files);
    hoist_test_support::machine::generate_key(&desk.path("other"));
    for (key, code) in [(desk.path("other.pub"), 1), (machine.file("/etc/ssh/ssh_host_ed25519_key.pub"), 0)] {
        desk.file("second", &format!("[{address}]:{port} {}", std::fs::read_to_string(key).unwrap()));
        let said = desk.hoist(&format!("plan boot demo.toml -n demo{code}")).exit(code).never_says("at first sight");
        if code == 1 {
            said.says("offers another host key").says(&format!("ssh-keygen -f {}", record.display()));
        }
        desk.hoist(&format!("plan terminate demo{code}")).exit(0);
    }
    desk.file("home/.ssh/config", "Host *\n  UserKnownHostsFile none\n");
    desk.hoist("plan boot demo.toml -n new").exit(0).says("at first sight");
    desk.hoist("plan terminate new").exit(0);
    desk.file("home/.ssh/config", "Host *\n  HostKeyAlgorithms ssh-rsa\n");
    desk.hoist("plan boot demo.toml -n kind").exit(1).says("`HostKeyAlgorithms`").says("ssh-ed25519");
    desk.hoist("plan terminate kind").exit(0);
}

#[tokio::test]
async fn the_advice_for_a_machine_that_was_given_another_key_mends_it() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    lab.reached(&machine).await;
    lab.links.close().await;
    let (address, port) = (machine.address().to_owned(), machine.port());
    machine.stop();
    let machine = lab.start_at("i-1", "", &address, port, CloudInit::Fast);
    until("the machine listens", || machine.console().contains("Server listening")).await;
    let host = lab.host_of(lab.target(&machine));
    let refused = host.reach().await.unwrap_err();
    assert!(refused.to_string().contains("is not i-1"), "{refused}");
    let hint = refused.complaint().hint.clone().unwrap();
    assert!(hint.contains("`hoist plan repair` replaces i-1"), "{hint}");
    let command = hint.split("the one that it shows: ").nth(1).unwrap();
    let done = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(done.status.success(), "{command}: {done:?}");
    host.reach().await.unwrap();
}

/// Runs the command that an advice names.
fn follow(desk: &Desk, advice: &str) {
    let command = advice.split(": ").nth(1).unwrap().split(" forgets").next().unwrap();
    assert!(command.starts_with("ssh-keygen -f "), "{advice}");
    desk.shell(command).exit(0);
}

/// Stands before a server and turns away as many as it is told to.
fn door(address: &str, port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    let server = (address.to_owned(), port);
    let turned_away = Arc::new(AtomicUsize::new(0));
    let left = turned_away.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                continue;
            }
            let Ok(server) = TcpStream::connect((server.0.as_str(), server.1)) else { return };
            let ways = [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
            for (mut from, mut to) in ways {
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    (own, turned_away)
}

#[tokio::test]
async fn status_asks_again_what_a_boot_asks_again() {
    let Some(desk) = Desk::new() else { return };
    let (address, port) = crate::ssh::lab::free_address();
    let _machine = desk.machine(&address, port).await;
    let (door, turned_away) = door(&address, port);
    desk.file("demo.toml", &plan(&desk, &address, door));
    turned_away.store(2, Ordering::SeqCst);
    desk.hoist("plan boot demo.toml").exit(0);
    turned_away.store(2, Ordering::SeqCst);
    desk.hoist("plan status demo").exit(0);
    assert_eq!(turned_away.load(Ordering::SeqCst), 0);
    desk.hoist("plan terminate demo").exit(0);
}

/// Has a server turn away everybody who comes while ten are not let in yet: the strict form of its usual setting.
fn strict(address: &str, port: u16) -> String {
    // A server that has not begun to listen would be ended by the signal.
    format!(
        "#cloud-config\nbootcmd:\n  - until ssh-keyscan -p {port} {address} 2>&1 | grep -q ssh-ed25519; do sleep 0.1; done\n  \
         - sed -i 's/MaxStartups.*/MaxStartups 10:100:10/' /etc/ssh/sshd_config\n  - pkill -HUP -o -x sshd\n"
    )
}

#[tokio::test]
async fn many_hosts_behind_one_are_reached_at_the_first_try() {
    let Some(desk) = Desk::new() else { return };
    let (jump_address, jump_port) = crate::ssh::lab::free_address();
    let (address, port) = crate::ssh::lab::free_address();
    let jump = desk.machine_with(&strict(&jump_address, jump_port), &jump_address, jump_port).await;
    let machine = desk.machine_with(&strict(&address, port), &address, port).await;
    for one in [&jump, &machine] {
        until("its server took them", || one.console().matches("Server listening").count() == 2).await;
    }
    desk.know(&format!("[{jump_address}]:{jump_port}"), &jump);
    let key = desk.lab.key();
    desk.config(&format!(
        "Host jump\n  HostName {jump_address}\n  Port {jump_port}\n  User guest\n  IdentityFile {}\nHost {address}\n  ProxyJump jump\n",
        key.display()
    ));
    let ssh = desk.ssh("root", port);
    let service =
        format!("[levels.services.web]\nreplicas = 30\naddress = \"{address}\"\n{ssh}\nready = \"true.sh\"\n");
    desk.file("demo.toml", &format!("[[levels]]\n{service}"));
    desk.hoist("plan boot demo.toml").exit(0);
    desk.hoist("plan status demo").exit(0);
    desk.hoist("plan terminate demo").exit(0);
    for one in [jump, machine] {
        let console = one.console();
        assert!(console.contains("Accepted publickey"), "{console}");
        assert!(!console.to_lowercase().contains("maxstartups"), "{console}");
    }
}

#[tokio::test]
async fn a_host_that_could_not_be_asked_is_not_taken_for_one_that_fails() {
    let Some(desk) = Desk::new() else { return };
    let (address, port) = crate::ssh::lab::free_address();
    let machine = desk.machine(&address, port).await;
    desk.file("demo.toml", &plan(&desk, &address, port));
    desk.hoist("plan boot demo.toml").exit(0);
    machine.stop();
    desk.hoist("plan status demo").exit(2).says("its host could not be asked").says("start the SSH server");
    desk.hoist("plan terminate demo --abandon db").exit(0);
}
