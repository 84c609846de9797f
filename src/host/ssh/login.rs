//! Failed logins, and their remedies.

use std::path::Path;

use super::complaints::instead;
use super::target::SshTarget;
use crate::plan::{MAX_TEXT, read_text_file};
use crate::provider::{CompletedProcess, HostError};

/// The usual users of images.
const IMAGE_USERS: &str =
    "admin on Debian, ubuntu on Ubuntu, ec2-user on Amazon Linux and Red Hat, rocky, almalinux, core, …";

/// The beginning of an unencrypted key in OpenSSH's format, in base64: its cipher is `none`.
const PLAIN: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";

/// Describes the credentials of a login.
pub(super) fn with(target: &SshTarget) -> String {
    match &target.key {
        Some(key) => format!("with the key {}", key.display()),
        None => "with the keys of the agent and of ~/.ssh".to_owned(),
    }
}

/// Returns the remedy for a login that failed with the message `words`.
pub(super) fn remedy(target: &SshTarget, words: &str) -> String {
    if words.contains("Too many authentication failures") {
        return "it was offered every key of the agent; name the right one as `ssh.key`".to_owned();
    }
    if let Some(key) = target.key.as_deref().filter(|key| has_passphrase(key)) {
        return format!("the key has a passphrase, which nobody can be asked for here: ssh-add {}", key.display());
    }
    if target.machine.is_some() {
        return match target.key {
            Some(_) => format!(
                "`ssh.user` must be the user that the image lets in ({IMAGE_USERS}), and `ssh.key` the private half of \
                 `key_name`"
            ),
            None => format!(
                "`ssh.key` names the private half of `key_name`, unless the agent has it (ssh-add -l), and `ssh.user` the \
                 user that the image lets in ({IMAGE_USERS})"
            ),
        };
    }
    let here = if target.is_loopback() {
        "; `run_on = \"this-host\"` runs the programs here, as you, without SSH"
    } else {
        ""
    };
    format!(
        "`ssh.user` says as whom and `ssh.key` with what; the public half must stand in ~/.ssh/authorized_keys of that user \
         there, who must have a shell and be let in by the server (its log tells: journalctl -u ssh){here}"
    )
}

/// The error for a login shell that ended before it reached the program.
pub(super) fn ended(place: &str, program: &str, login: &CompletedProcess) -> HostError {
    let said = instead(login.output.as_bytes(), "");
    HostError::failed(format!("{program} was not run: the login shell on {place} ended before; {said}")).hint(
        "its start-up files (/etc/profile, ~/.bash_profile, ~/.profile) must end without `exit` or `exec`; \
             `ssh.login_shell = false` runs programs without them",
    )
}

/// Returns whether the key file is encrypted, as far as can be told.
fn has_passphrase(key: &Path) -> bool {
    let Ok(text) = read_text_file(key, MAX_TEXT) else { return false };
    let mut lines = text.lines();
    match lines.next().map(str::trim) {
        Some("-----BEGIN OPENSSH PRIVATE KEY-----") => lines.next().is_some_and(|line| !line.starts_with(PLAIN)),
        _ => text.contains("ENCRYPTED"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::sample;
    use super::*;

    #[test]
    fn the_remedy_fits_the_trouble() {
        let denied = "root@10.0.0.1: Permission denied (publickey).";
        let machine = remedy(&sample(), denied);
        assert!(machine.contains("`ssh.user`") && machine.contains("`key_name`"), "{machine}");
        let there = SshTarget { machine: None, ..sample() };
        assert!(remedy(&there, denied).contains("authorized_keys"));
        assert!(!remedy(&there, denied).contains("this-host"));
        let here = SshTarget { address: "127.0.0.1".to_owned(), ..there };
        assert!(remedy(&here, denied).contains("this-host"));
        assert!(remedy(&sample(), "Too many authentication failures").contains("`ssh.key`"));
    }

    #[test]
    fn a_key_with_a_passphrase_is_known() {
        let directory = tempfile::tempdir().unwrap();
        for (name, passphrase) in [("plain", ""), ("locked", "secret words")] {
            let key = directory.path().join(name);
            let made = std::process::Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", passphrase, "-f"])
                .arg(&key)
                .status();
            // Without OpenSSH, this cannot be tested.
            if made.is_ok_and(|status| status.success()) {
                assert_eq!(has_passphrase(&key), !passphrase.is_empty(), "{name}");
            }
        }
        let key = directory.path().join("old");
        std::fs::write(&key, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n").unwrap();
        assert!(has_passphrase(&key));
    }
}
