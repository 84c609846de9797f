//! The table `ssh` of a service.

use std::path::{Component, PathBuf};

use super::super::draft::Fields;
use super::super::located::Located;
use super::super::model::{HostKeyPolicy, SshAddress};
use super::super::on_host::{ForwardAgent, LoginShell};
use super::table::Table;
use crate::diagnostics::shown;

/// Reads the SSH settings of a service's host and of its programs there.
pub(super) fn read(ssh: Table<'_, '_>, fields: &mut Fields) {
    fields.ssh_user = ssh.string("user");
    fields.ssh_key = ssh.string("key");
    fields.ssh_port = ssh
        .integer("port", 1..=u64::from(u16::MAX))
        .map(|port| port.map(|port| u16::try_from(port).unwrap_or(u16::MAX)));
    fields.ssh_host_key =
        ssh.choice("host_key", &[("strict", HostKeyPolicy::Strict), ("accept-new", HostKeyPolicy::AcceptNew)]);
    fields.ssh_address = ssh.choice("address", &[("public", SshAddress::Public), ("private", SshAddress::Private)]);
    fields.forward_agent = ssh.boolean_or(
        "forward_agent",
        |all| if all { ForwardAgent::Always } else { ForwardAgent::Never },
        &[("boot", ForwardAgent::Boot)],
    );
    fields.login_shell = ssh.boolean_or(
        "login_shell",
        |all| if all { LoginShell::Always } else { LoginShell::Never },
        &[("checks", LoginShell::Checks)],
    );
    fields.stage = stage(&ssh);
    ssh.finish();
}

fn stage(ssh: &Table<'_, '_>) -> Option<Located<PathBuf>> {
    let given = ssh.string("stage")?;
    let path = PathBuf::from(&given.value);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if path.is_absolute() && plain && path.parent().is_some() && !given.value.contains(char::is_control) {
        // Without a trailing slash.
        return Some(given.map(|_| path.components().collect()));
    }
    let problem = format!(
        "must be the absolute path of a directory on the host, such as \"/srv/hoist\", not \"{}\"",
        shown(&given.value)
    );
    ssh.invalid(&given.place, "stage", &problem);
    None
}
