//! Tests of the SSH files of a run.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use super::super::host_key::SAMPLE;
use super::*;

fn keys() -> (tempfile::TempDir, RunKeys) {
    let directory = tempfile::tempdir().unwrap();
    let keys = RunKeys::new(directory.path().join("ssh/run.1"));
    (directory, keys)
}

fn standings(keys: &RunKeys, alias: &str) -> Vec<KeyStatus> {
    keys.pins(alias).unwrap().iter().map(|pin| pin.standing).collect()
}

#[test]
fn an_ephemeral_key_is_the_same_for_the_same_launch() {
    let (_directory, keys) = keys();
    let first = keys.ephemeral("a1").unwrap();
    assert!(first.public.starts_with("ssh-ed25519 AAAA"), "{}", first.public);
    assert!(first.private.expose().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    let again = keys.ephemeral("a1").unwrap();
    assert_eq!((&first.private, &first.public), (&again.private, &again.public));
    assert_ne!(keys.ephemeral("a2").unwrap().public, first.public);
    assert!(!format!("{first:?}").contains("PRIVATE"), "{first:?}");
}

#[test]
fn a_key_whose_making_was_cut_short_is_made_anew() {
    let (_directory, keys) = keys();
    keys.ephemeral("a1").unwrap();
    let directory = keys.directory.join("ephemeral");
    // The state after the process is killed between two steps.
    fs::rename(directory.join("a1"), directory.join("a1.new")).unwrap();
    fs::rename(directory.join("a1.pub"), directory.join("a1.new.pub")).unwrap();
    let made = keys.ephemeral("a1").unwrap();
    fs::remove_file(directory.join("a1.pub")).unwrap();
    let anew = keys.ephemeral("a1").unwrap();
    assert_ne!(made.public, anew.public);
    assert_eq!(keys.ephemeral("a1").unwrap().private, anew.private);
}

#[test]
fn nobody_else_may_read_any_of_it() {
    let (_directory, keys) = keys();
    let key = keys.ephemeral("a1").unwrap();
    keys.pin_ephemeral("i-1", &key.public).unwrap();
    keys.write_host_file(&keys.host_file("i-1", "config"), "Host *\n").unwrap();
    let mut pending = vec![keys.directory.clone()];
    let mut files = 0;
    while let Some(path) = pending.pop() {
        let metadata = fs::metadata(&path).unwrap();
        let mode = metadata.permissions().mode() & 0o777;
        if metadata.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 5, "known_hosts, lock, two halves of a key, settings");
    keys.forget().unwrap();
    assert!(!keys.directory.exists());
    keys.forget().unwrap();
}

#[test]
fn a_replaced_key_takes_its_private_half_along() {
    let (_directory, keys) = keys();
    let ephemeral = keys.ephemeral("a1").unwrap();
    let other = keys.ephemeral("a2").unwrap();
    keys.pin_ephemeral("i-1", &ephemeral.public).unwrap();
    keys.pin_ephemeral("i-2", &ephemeral.public).unwrap();
    assert_eq!(standings(&keys, "i-1"), [KeyStatus::Ephemeral]);
    let own = HostKey::find(SAMPLE).unwrap();
    keys.pin_next("i-1", &own).unwrap();
    keys.pin_next("i-1", &own).unwrap();
    assert_eq!(standings(&keys, "i-1"), [KeyStatus::Ephemeral, KeyStatus::Next]);
    // A repeated launch reports the machine once more.
    keys.pin_ephemeral("i-1", &ephemeral.public).unwrap();
    keys.settle("i-1", &own).unwrap();
    assert_eq!(standings(&keys, "i-1"), [KeyStatus::Kept]);
    assert_eq!(keys.pins("i-1").unwrap()[0].key, own);
    assert_eq!(standings(&keys, "i-2"), [KeyStatus::Ephemeral]);
    assert!(keys.ephemeral("a1").unwrap_err().to_string().contains("used and removed"));
    assert_eq!(keys.ephemeral("a2").unwrap().public, other.public);
    // A late answer to an earlier call does not bring the ephemeral key back.
    keys.pin_ephemeral("i-1", &ephemeral.public).unwrap();
    assert_eq!(standings(&keys, "i-1"), [KeyStatus::Kept]);
}

#[test]
fn many_at_once_lose_nothing() {
    let (_directory, keys) = keys();
    let keys = Arc::new(keys);
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let keys = keys.clone();
            std::thread::spawn(move || {
                for number in 0..10 {
                    keys.pin_ephemeral(&format!("i-{thread}-{number}"), SAMPLE).unwrap();
                }
                keys.ephemeral("same").unwrap().public
            })
        })
        .collect();
    let made: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(made.iter().all(|public| *public == made[0]), "{made:?}");
    assert_eq!(keys.read().unwrap().len(), 80);
}

#[test]
fn names_cannot_leave_the_directory_or_break_the_record() {
    let (_directory, keys) = keys();
    for name in ["", "../x", ".x", "a b", "a\nb", "a/b", "*", "a,b"] {
        assert!(keys.ephemeral(name).is_err(), "{name:?}");
        assert!(keys.pin_ephemeral(name, SAMPLE).is_err(), "{name:?}");
    }
    assert!(keys.pin_ephemeral("i-1", "ssh-ed25519 AAAA\ni-2 ssh-ed25519 AAAA").is_err());
}
