//! Replacing host keys: with and without rights, and cut short at any point.

use std::fs;
use std::time::Duration;

use hoist::host::ssh::SshTarget;
use hoist::provider::{Host, HostError};

use crate::ssh::lab::{Lab, output, reach};
use hoist_test_support::machine::{Machine, generate_key};

const KEY: &str = "/etc/ssh/ssh_host_ed25519_key";

fn public(machine: &Machine, path: &str) -> String {
    let line = fs::read_to_string(machine.file(path)).unwrap();
    line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn known_hosts(lab: &Lab) -> std::path::PathBuf {
    lab.directory.path().join("ssh/run/known_hosts")
}

/// The key is the machine's own, known, and nothing else is.
fn settled(lab: &Lab, machine: &Machine, ephemeral: &str) {
    let own = public(machine, &format!("{KEY}.pub"));
    assert_ne!(own, ephemeral);
    assert_eq!(fs::read_to_string(known_hosts(lab)).unwrap(), format!("{} {own}\n", machine.id()));
    for entry in fs::read_dir(machine.file("/etc/ssh")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.contains("hoist"), "{name} is left");
    }
}

#[tokio::test]
async fn users_other_than_root_need_sudo() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-users", "a1");
    let ephemeral = lab.keys.ephemeral("a1").unwrap().public;
    let guest = lab.host_of(SshTarget { user: Some("guest".to_owned()), ..lab.target(&machine) });
    let refused = reach(&guest).await;
    assert!(
        matches!(&refused, Err(HostError::Failed(reason)) if reason.contains("passwordless sudo") && reason.contains("guest")),
        "{refused:?}"
    );
    assert!(fs::read_to_string(known_hosts(&lab)).unwrap().ends_with(" hoist:ephemeral\n"));
    let admin = lab.host_of(SshTarget { user: Some("admin".to_owned()), ..lab.target(&machine) });
    reach(&admin).await.unwrap();
    settled(&lab, &machine, &ephemeral);
    // Programs run as the user, not as root; and once the key is settled, anybody can be that.
    assert_eq!(output(&admin, "who", "id -un; stat -c %U /var/tmp/hoist.test-run").await, "admin\nadmin");
    assert_eq!(guest.reach().await.unwrap().notes, [] as [String; 0]);
}

#[tokio::test]
async fn every_state_in_which_it_can_be_cut_is_gone_on_with() {
    let Some(lab) = Lab::new() else { return };
    for state in ["made", "pinned", "half in place", "in place", "settled elsewhere"] {
        let id = format!("i-{}", state.replace(' ', "-"));
        let machine = lab.start_pinned(&id, &id);
        let ephemeral = lab.keys.ephemeral(&id).unwrap().public;
        // Only the files that are made before sshd answers matter: nothing is connected yet.
        let next = machine.file(&format!("{KEY}.hoist-next"));
        generate_key(&next);
        let new = public(&machine, &format!("{KEY}.hoist-next.pub"));
        if state != "made" {
            let mut known = fs::read_to_string(known_hosts(&lab)).unwrap();
            known.push_str(&format!("{id} {new} hoist:next\n"));
            fs::write(known_hosts(&lab), known).unwrap();
        }
        let moved = |from: &str, to: &str| fs::rename(machine.file(from), machine.file(to)).unwrap();
        if ["half in place", "in place", "settled elsewhere"].contains(&state) {
            moved(&format!("{KEY}.hoist-next"), KEY);
        }
        if ["in place", "settled elsewhere"].contains(&state) {
            moved(&format!("{KEY}.hoist-next.pub"), &format!("{KEY}.pub"));
        }
        lab.reached(&machine).await;
        assert_eq!(public(&machine, &format!("{KEY}.pub")), new, "{state}");
        settled(&lab, &machine, &ephemeral);
        fs::write(known_hosts(&lab), "").unwrap();
    }
}

#[tokio::test]
async fn a_hoist_that_is_killed_anywhere_in_it_is_gone_on_with() {
    let Some(lab) = Lab::new() else { return };
    for (number, delay) in (0..16).map(|number| (number, Duration::from_millis(30 * number))) {
        let id = format!("i-kill-{number}");
        let machine = lab.start_pinned(&id, &id);
        let ephemeral = lab.keys.ephemeral(&id).unwrap().public;
        lab.save(&machine, "job", "true");
        let mut other = crate::ssh::helper::start(&lab);
        tokio::time::sleep(delay).await;
        other.kill().unwrap();
        other.wait().unwrap();
        lab.reached(&machine).await;
        settled(&lab, &machine, &ephemeral);
        fs::write(known_hosts(&lab), "").unwrap();
        lab.links.close().await;
    }
}
