//! Remedies for a changed host key: commands that fix the record once the operator has found out the reason.

use std::path::Path;

use super::ssh_error::Changed;
use super::target::SshTarget;
use crate::os::quoted;

/// Returns the command that adds a host's key to the user's own record.
pub(super) fn make_known(target: &SshTarget) -> String {
    let here = if target.is_loopback() {
        "; `run_on = \"this-host\"` runs the programs here, as you, without SSH"
    } else {
        ""
    };
    format!(
        "compare its fingerprint and let it into ~/.ssh/known_hosts: ssh {} (asks); or `ssh.host_key = \"accept-new\"`, which \
         takes the key that it shows first{here}",
        target.by_hand()
    )
}

/// Returns the command that removes the key from the record that holds it. The new key is then unknown, or accepted if
/// the plan allows that.
pub(super) fn forget_known(target: &SshTarget, changed: &Changed) -> String {
    let name = changed.name.clone().unwrap_or_else(|| match target.port {
        Some(port) if port != 22 => format!("[{}]:{port}", target.address),
        _ => target.address.clone(),
    });
    let file = changed.file.as_ref().map(|file| format!(" -f {}", quoted(file))).unwrap_or_default();
    let sudo = if changed.file.as_ref().is_some_and(|file| file.starts_with("/etc/")) { "sudo " } else { "" };
    format!("find out which; if it was set up anew: {sudo}ssh-keygen{file} -R {} forgets its old key", quoted(&name))
}

/// Returns the command that pins a machine's present key in place of the one pinned for the run.
pub(super) fn pin_anew(target: &SshTarget, alias: &str, record: &Path) -> String {
    let (record, port) = (quoted(record), target.port.unwrap_or(22));
    format!(
        "see at the cloud which machine has this address: `hoist plan repair` replaces {alias}; if it was given another key, \
         this takes the one that it shows: ssh-keygen -f {record} -R {alias}; ssh-keyscan -p {port} {} | sed 's/^[^ ]*/{alias}/' \
         >> {record}",
        quoted(&target.address)
    )
}

#[cfg(test)]
mod tests {
    use super::super::target::sample;
    use super::*;

    #[test]
    fn the_record_and_the_name_are_those_that_ssh_looked_at() {
        let there = SshTarget { port: Some(6222), machine: None, ..sample() };
        assert_eq!(
            forget_known(&there, &Changed::default()),
            "find out which; if it was set up anew: ssh-keygen -R '[10.0.0.1]:6222' forgets its old key"
        );
        let changed =
            Changed { offered: None, name: Some("db".to_owned()), file: Some("/etc/ssh/ssh_known_hosts".to_owned()) };
        assert!(forget_known(&there, &changed).contains("sudo ssh-keygen -f /etc/ssh/ssh_known_hosts -R db "));
    }
}
