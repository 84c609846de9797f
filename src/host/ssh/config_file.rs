//! The configuration passed to ssh for one host: our settings first, which take precedence, then the user's own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::target::SshTarget;

/// The time limit for opening a connection, in seconds, unless the user's configuration has another one. A lost packet
/// is resent after 1, 3 and 7 s, and a machine that is booting is tried again anyway.
const CONNECT_TIMEOUT: u32 = 10;

/// The interval of keep-alive requests, in seconds, and the number that may remain unanswered: a network outage of a
/// minute passes unnoticed, a longer one breaks the connection.
const ALIVE_INTERVAL: u32 = 15;
const ALIVE_COUNT: u32 = 4;

/// The host keys that a connection accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// The keys in this file, pinned to this alias, for these signature algorithms.
    Pinned { file: PathBuf, alias: String, algorithms: String },
    /// Any key at the first connection. It is stored in this file, under this alias if there is one. Keys in the user's
    /// own files are checked as well: the files that ssh named, or the usual ones.
    First { file: PathBuf, alias: Option<String>, users: Option<String> },
    /// The keys in the user's own files.
    Users,
}

/// The location of the user's own ssh files.
#[derive(Clone, Debug)]
pub(super) struct UserFiles {
    /// `~/.ssh`, if there is a home directory.
    pub(super) directory: Option<PathBuf>,
}

impl UserFiles {
    /// Returns the files of the user in this process's environment.
    pub(super) fn of_environment() -> Self {
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        Self { directory: home.map(|home| home.join(".ssh")) }
    }
}

/// A path that ssh's configuration cannot contain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnquotablePath {
    /// It is not UTF-8.
    #[error("{} is not UTF-8, which ssh's configuration must be", .0.display())]
    NoText(PathBuf),
    /// It has characters with a special meaning there.
    #[error("{0:?} holds characters that ssh's configuration cannot hold; use another directory")]
    Signs(String),
}

/// Returns the text of the configuration.
///
/// ssh takes the first value of each setting. The settings in the target's block do not apply to its jump hosts
/// (ProxyJump), to which ssh passes this file on.
pub(super) fn render(target: &SshTarget, trust: &Trust, user: &UserFiles) -> Result<String, UnquotablePath> {
    let mut text = String::from("# Written by hoist for one host; the user's own settings come last.\nHost *\n");
    // Nobody is present to answer a question.
    text.push_str("    BatchMode yes\n    LogLevel INFO\n    VisualHostKey no\n");
    let mut set = |setting: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {setting}");
    };
    set(&format!("ServerAliveInterval {ALIVE_INTERVAL}"));
    set(&format!("ServerAliveCountMax {ALIVE_COUNT}"));
    // The value needs no quotes: the target has been checked.
    text.push_str(&format!("Host {}\n", target.address));
    let mut set = |setting: &str| {
        let _ = writeln!(text, "    {setting}");
    };
    // A host's shared connection must not take ports of this machine, run the user's commands, or ask for a terminal.
    for setting in
        ["ClearAllForwardings yes", "ForwardX11 no", "PermitLocalCommand no", "RemoteCommand none", "RequestTTY no"]
    {
        set(setting);
    }
    if target.key.is_some() {
        // The plan's key is tried, whatever the user's settings for other hosts are.
        set("PubkeyAuthentication yes");
        set("PreferredAuthentications publickey,gssapi-with-mic,hostbased");
    }
    // ssh-agent may ask for confirmation, and there may be hundreds of hosts.
    set("AddKeysToAgent no");
    for setting in ["CheckHostIP no", "UpdateHostKeys no", "HashKnownHosts no", "VerifyHostKeyDNS no"] {
        set(setting);
    }
    if target.machine.is_some() {
        set(&format!("HostName {}", target.address.replace('%', "%%")));
    }
    match trust {
        Trust::Pinned { file, alias, algorithms } => {
            set("StrictHostKeyChecking yes");
            set(&format!("HostKeyAlias {alias}"));
            set(&format!("HostKeyAlgorithms {algorithms}"));
            set(&format!("UserKnownHostsFile {}", quoted(file)?));
            set("GlobalKnownHostsFile /dev/null");
        }
        Trust::First { file, alias: Some(alias), .. } => {
            set("StrictHostKeyChecking accept-new");
            set(&format!("HostKeyAlias {alias}"));
            set(&format!("UserKnownHostsFile {}", quoted(file)?));
            set("GlobalKnownHostsFile /dev/null");
        }
        Trust::First { file, alias: None, users } => {
            set("StrictHostKeyChecking accept-new");
            let mut files = quoted(file)?;
            match (users, &user.directory) {
                (Some(named), _) => files = format!("{files} {}", named.replace('%', "%%")),
                (None, Some(directory)) => {
                    for name in ["known_hosts", "known_hosts2"] {
                        files = format!("{files} {}", quoted(&directory.join(name))?);
                    }
                }
                (None, None) => {}
            }
            set(&format!("UserKnownHostsFile {files}"));
        }
        Trust::Users => set("StrictHostKeyChecking yes"),
    }
    text.push_str("Host *\n");
    if let Some(directory) = &user.directory {
        let _ = writeln!(text, "    Include {}", quoted(&directory.join("config"))?);
    }
    text.push_str("    Include /etc/ssh/ssh_config\n");
    // Applies if the user's configuration has no such setting.
    let _ = writeln!(text, "Host *\n    ConnectTimeout {CONNECT_TIMEOUT}");
    Ok(text)
}

/// Quotes a path for the configuration, in which `%` and `~` are special, and quotes and line ends cannot be escaped.
fn quoted(path: &Path) -> Result<String, UnquotablePath> {
    let text = path.to_str().ok_or_else(|| UnquotablePath::NoText(path.to_path_buf()))?;
    if text.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | '*' | '?' | '[' | '$')) {
        return Err(UnquotablePath::Signs(text.to_owned()));
    }
    Ok(format!("\"{}\"", text.replace('%', "%%")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::HostKeyPolicy;

    fn target(machine: Option<&str>) -> SshTarget {
        SshTarget {
            address: "10.0.0.1".to_owned(),
            port: None,
            user: None,
            key: None,
            policy: HostKeyPolicy::Strict,
            machine: machine.map(str::to_owned),
            base: "/b".into(),
            service: "web".to_owned(),
            terms: crate::host::ssh::SshTerms::default(),
        }
    }

    fn pinned(file: &str) -> Trust {
        Trust::Pinned { file: file.into(), alias: "i-1".to_owned(), algorithms: "ssh-ed25519".to_owned() }
    }

    #[test]
    fn the_targets_settings_are_in_its_own_block_and_before_the_users() {
        let user = UserFiles { directory: Some("/home/a user/.ssh".into()) };
        let text = render(&target(Some("i-1")), &pinned("/state/100%/known"), &user).unwrap();
        let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not in:\n{text}"));
        let block = at("\nHost 10.0.0.1\n");
        let include = at("    Include \"/home/a user/.ssh/config\"\n    Include /etc/ssh/ssh_config\n");
        for setting in ["HostKeyAlias i-1\n", "UserKnownHostsFile \"/state/100%%/known\"\n", "HostName 10.0.0.1\n"] {
            assert!((block..include).contains(&at(setting)), "{text}");
        }
        // Otherwise the user's file would apply to the target only, and not to its jump hosts.
        assert!((block..include).contains(&at("\nHost *\n    Include")), "{text}");
        assert!(at("BatchMode yes") < block);
        // The first value applies, and here it should be the user's.
        assert!(at("\nHost *\n    ConnectTimeout 10\n") > include);
    }

    #[test]
    fn a_host_that_is_there_anyway_may_be_a_name_of_the_users_configuration() {
        let user = UserFiles { directory: Some("/home/u/.ssh".into()) };
        let text = render(&target(None), &Trust::Users, &user).unwrap();
        for setting in ["HostName", "HostKeyAlias", "KnownHostsFile"] {
            assert!(!text.contains(setting), "{text}");
        }
        let trust = Trust::First { file: "/run/known".into(), alias: None, users: None };
        let text = render(&target(None), &trust, &user).unwrap();
        assert!(text.contains("UserKnownHostsFile \"/run/known\" \"/home/u/.ssh/known_hosts\""), "{text}");
        let trust = Trust::First { file: "/run/known".into(), alias: None, users: Some("/k/1 /k/100%".to_owned()) };
        let text = render(&target(None), &trust, &user).unwrap();
        assert!(text.contains("UserKnownHostsFile \"/run/known\" /k/1 /k/100%%\n"), "{text}");
    }

    #[test]
    fn the_users_own_time_limit_for_connecting_counts() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config"), "Host 10.0.0.1\n  ConnectTimeout 47\n").unwrap();
        for (address, limit) in [("10.0.0.1", "connecttimeout 47"), ("10.0.0.2", "connecttimeout 10")] {
            let target = SshTarget { address: address.to_owned(), ..target(None) };
            let user = UserFiles { directory: Some(home.path().to_owned()) };
            let file = home.path().join("hoist");
            std::fs::write(&file, render(&target, &Trust::Users, &user).unwrap()).unwrap();
            let asked = std::process::Command::new("ssh").arg("-G").arg("-F").arg(&file).arg(address).output();
            // OpenSSH is not installed, so nothing can be checked.
            let Ok(answer) = asked else { return };
            let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
            assert!(answer.lines().any(|line| line == limit), "{answer}");
        }
    }

    #[test]
    fn paths_that_could_break_the_file_are_refused() {
        let user = UserFiles { directory: None };
        for path in ["/a\nHost *", "/a\"b", "/a\\b", "/a*", "/${HOME}"] {
            assert!(render(&target(Some("i-1")), &pinned(path), &user).is_err(), "{path:?}");
        }
    }
}
