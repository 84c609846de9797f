//! The target of an SSH connection.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::key_file::check_key;
use crate::os::digest_hex;
use crate::plan::{ForwardAgent, HostKeyPolicy, LoginShell, check_address, without_brackets};
use crate::provider::HostError;

/// The target of an SSH connection.
#[derive(Clone, Debug)]
pub struct SshTarget {
    /// An address, a name, or a `Host` of the user's own ssh configuration.
    pub address: String,
    /// The port; by default from the user's configuration, or 22.
    pub port: Option<u16>,
    /// The user to log in as; by default from the user's configuration, or the local user's name.
    pub user: Option<String>,
    /// The private key file; by default the agent and the user's own keys serve.
    pub key: Option<PathBuf>,
    /// The treatment of an unknown host key.
    pub policy: HostKeyPolicy,
    /// The instance's id; `None` for a permanent host.
    pub machine: Option<String>,
    /// The absolute path below which stage directories are made on the host: `/var/tmp/hoist.RUN`.
    pub base: PathBuf,
    /// The service whose programs run on the host.
    pub service: String,
    /// The conditions for its programs there.
    pub terms: SshTerms,
}

/// The conditions for programs on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshTerms {
    /// The programs that have the user's agent.
    pub forward_agent: ForwardAgent,
    /// The programs that have the environment of a login shell.
    pub login_shell: LoginShell,
    /// The plan's location of stage directories, in place of [`SshTarget::base`].
    pub stage: Option<PathBuf>,
    /// The location from the operator's environment, which may change later: the one with which a host was begun
    /// applies.
    pub usual_stage: Option<PathBuf>,
}

impl SshTarget {
    /// Rejects, before connecting, targets that cannot work or cannot be written to ssh's configuration.
    pub fn check(&self) -> Result<(), HostError> {
        let failed = |reason: String| Err(HostError::failed(format!("cannot reach {}: {reason}", self.address)));
        check_address(&self.address).map_err(HostError::failed)?;
        if let Some(user) = &self.user
            && (user.is_empty() || user.starts_with('-') || !user.chars().all(|c| c.is_ascii_graphic()))
        {
            return failed(format!("{user:?} is no user that ssh could be given"));
        }
        let bases = [Some(&self.base), self.terms.stage.as_ref(), self.terms.usual_stage.as_ref()];
        if let Some(base) = bases.into_iter().flatten().find(|base| !base.is_absolute()) {
            return failed(format!("{} is no absolute path", base.display()));
        }
        match self.key.as_deref().map(check_key) {
            Some(Err(error)) => failed(error.to_string()),
            _ => Ok(()),
        }
    }

    /// Strips the brackets that URLs put around an IPv6 address.
    #[must_use]
    pub(super) fn without_brackets(mut self) -> Self {
        self.address = without_brackets(&self.address).to_owned();
        self
    }

    /// Returns the name to which the host keys are pinned: addresses are reused by other machines, ids are not.
    pub(super) fn alias(&self) -> Option<&str> {
        self.machine.as_deref()
    }

    /// Returns a name, unique to this target, for its connection and its files.
    pub(super) fn name(&self) -> String {
        let port = self.port.map(|port| port.to_string()).unwrap_or_default();
        let key = self.key.as_deref().unwrap_or(Path::new("")).as_os_str().as_encoded_bytes();
        let user = self.user.as_deref().unwrap_or_default();
        let machine = self.machine.as_deref().unwrap_or_default();
        let parts = [&self.service, &self.address, &port, user, machine].map(|part: &str| part.as_bytes());
        let digest = digest_hex(&[&parts[..], &[key]].concat(), 10);
        let readable: String =
            self.service.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
        format!("{readable}.{digest}")
    }

    /// Returns whether the address is this machine's own, in any notation.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.address)
    }

    /// Returns the arguments for calling ssh by hand: `-p 2222 user@address`.
    pub(super) fn by_hand(&self) -> String {
        let port = self.port.map(|port| format!("-p {port} ")).unwrap_or_default();
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        format!("{port}{user}{}", self.address)
    }

    /// Returns `user@address`, as far as known, for messages.
    pub(super) fn place(&self) -> String {
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let port = self.port.map(|port| format!(" port {port}")).unwrap_or_default();
        format!("{user}{}{port}", self.address)
    }
}

/// Returns whether an address is this machine's own, in any notation.
pub fn is_loopback(address: &str) -> bool {
    let name = address.trim_end_matches('.').to_ascii_lowercase();
    let by_number = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match by_number {
        Ok(number) => number.to_canonical().is_loopback(),
        Err(_) => ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"].contains(&name.as_str()),
    }
}

/// Returns a machine as target.
#[cfg(test)]
pub(super) fn sample() -> SshTarget {
    SshTarget {
        address: "10.0.0.1".to_owned(),
        port: None,
        user: None,
        key: None,
        policy: HostKeyPolicy::Strict,
        machine: Some("i-1".to_owned()),
        base: "/var/tmp/hoist.x".into(),
        service: "web-0".to_owned(),
        terms: SshTerms::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::sample as target;
    use super::*;

    #[test]
    fn this_machine_is_known_by_every_spelling() {
        let here =
            ["localhost", "LocalHost", "localhost.", "127.0.0.1", "127.0.0.2", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1"];
        for address in here.into_iter().chain(["[::1]", "::ffff:127.0.0.1", "localhost.localdomain", "ip6-localhost"]) {
            assert!(is_loopback(address), "{address}");
        }
        for address in ["10.0.0.1", "128.0.0.1", "localhost.example.org", "my-localhost", "::2", ""] {
            assert!(!is_loopback(address), "{address}");
        }
    }

    #[test]
    fn what_could_break_out_of_the_configuration_is_refused() {
        assert!(target().check().is_ok());
        for address in ["", "-oProxyCommand=x", "a b", "a\nHost *", "a\"b", "$(x)", "a,b", "*"] {
            assert!(SshTarget { address: address.to_owned(), ..target() }.check().is_err(), "{address:?}");
        }
        for user in ["", "-x", "a b", "a\nb"] {
            assert!(SshTarget { user: Some(user.to_owned()), ..target() }.check().is_err(), "{user:?}");
        }
        for address in ["fe80::1%eth0", "2001:db8::1", "db-server.example", "my_host"] {
            assert!(SshTarget { address: address.to_owned(), ..target() }.check().is_ok(), "{address:?}");
        }
    }

    #[test]
    fn a_key_that_is_not_there_is_found_before_anything_is_connected() {
        let directory = tempfile::tempdir().unwrap();
        let target = SshTarget { key: Some(directory.path().join("key")), ..target() };
        assert!(matches!(target.check(), Err(HostError::Failed(reason)) if reason.contains("there is no key")));
    }

    #[test]
    fn addresses_are_what_ssh_could_be_given() {
        let at = |address: &str| SshTarget { address: address.to_owned(), ..target() }.without_brackets();
        for (address, plain) in [
            ("[::1]", "::1"),
            ("[fe80::1%eth0]", "fe80::1%eth0"),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
            ("Web-1", "Web-1"),
        ] {
            assert_eq!((at(address).address.as_str(), at(address).check().is_ok()), (plain, true), "{address}");
        }
        for (address, hint) in [
            ("10.0.0.1:2222", "the port, 2222"),
            ("web:22", "the port, 22"),
            ("me@web", "user and port"),
            ("[web]", "IP address"),
        ] {
            let refused = at(address).check().unwrap_err();
            assert!(refused.complaint().hint.as_ref().is_some_and(|said| said.contains(hint)), "{refused:?}");
        }
    }

    #[test]
    fn the_name_differs_where_the_connection_does() {
        let names = [
            target().name(),
            SshTarget { service: "web-1".to_owned(), ..target() }.name(),
            SshTarget { machine: None, ..target() }.name(),
            SshTarget { port: Some(22), ..target() }.name(),
            SshTarget { user: Some("22".to_owned()), ..target() }.name(),
            SshTarget { address: "10.0.0.2".to_owned(), ..target() }.name(),
        ];
        let different: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(different.len(), names.len(), "{names:?}");
        assert!(names[0].starts_with("web-0."));
    }
}
