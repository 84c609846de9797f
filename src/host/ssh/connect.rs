//! Opening one connection: the files passed to ssh, and the meaning of its errors.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder};

use super::config_file::{Trust, UserFiles, render};
use super::connection_ref::ConnectionRef;
use super::control_directory::ControlDirectory;
use super::host_key::HostKey;
use super::keygen;
use super::run_keys::RunKeys;
use super::silent_host::SilentHost;
use super::ssh_error::{Changed, SshError};
use super::target::SshTarget;
use super::{jumps, login, rekeyed, users_settings};
use crate::plan::HostKeyPolicy;
use crate::provider::{Awaited, HostError};

/// The time for which an unused connection stays open: longer than the pause between a service's programs, and short
/// enough for the leftovers of a killed process.
const IDLE_SECONDS: std::num::NonZeroUsize = std::num::NonZeroUsize::new(60).unwrap();

/// The extension of a host's configuration file.
const CONFIG: &str = "config";

/// Everything needed for connecting to one target.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) target: Arc<SshTarget>,
    pub(super) keys: Arc<RunKeys>,
    pub(super) user: UserFiles,
}

/// The host keys that a connection accepts.
#[derive(Clone, Debug)]
pub(super) enum HostKeyRule {
    /// These keys, under this name.
    Pinned(String, Vec<HostKey>),
    /// Any key at the first connection.
    First,
    /// The keys in the user's own files.
    Users,
}

impl Connector {
    /// Connects, accepting host keys according to `accept`.
    pub(super) async fn dial(&self, accept: &HostKeyRule, directory: &ControlDirectory) -> Result<Session, HostError> {
        let config = {
            let (dialer, accept) = (self.clone(), accept.clone());
            blocking(move || dialer.prepare(&accept)).await?
        };
        let mut builder = SessionBuilder::default();
        builder
            .known_hosts_check(match accept {
                HostKeyRule::First => KnownHosts::Add,
                HostKeyRule::Pinned(..) | HostKeyRule::Users => KnownHosts::Strict,
            })
            .config_file(&config)
            .control_directory(directory.path())
            .control_persist(ControlPersist::IdleFor(IDLE_SECONDS));
        if let Some(port) = self.target.port {
            builder.port(port);
        }
        if let Some(user) = &self.target.user {
            builder.user(user.clone());
        }
        if let Some(key) = &self.target.key {
            builder.keyfile(key);
        }
        match builder.connect(&self.target.address).await {
            Ok(session) => Ok(session),
            Err(openssh::Error::Connect(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err(HostError::failed("there is no program ssh on this machine").hint("install OpenSSH's client"))
            }
            Err(openssh::Error::Connect(error)) => Err(self.explain(&error.to_string(), accept).await),
            Err(error) => Err(HostError::failed(format!("cannot run ssh: {error}"))),
        }
    }

    /// Returns the reference to an open connection for running ssh.
    pub(super) fn line(&self, session: &Session) -> ConnectionRef {
        ConnectionRef {
            socket: session.control_socket().to_owned(),
            config: self.keys.host_file(&self.target.name(), CONFIG),
            address: self.target.address.clone(),
        }
    }

    /// Returns the hosts that a connection passes through, according to the user's configuration.
    pub(super) async fn on_the_way(&self) -> Result<BTreeSet<String>, HostError> {
        let dialer = self.clone();
        blocking(move || {
            dialer.target.check()?;
            if !jumps::leads_through_others(&dialer.user) {
                return Ok(jumps::only(&dialer.target.address));
            }
            // A separate file, since another process may be connecting with the usual one.
            let config = dialer.write_config(&Trust::Users, "way", "")?;
            Ok(jumps::on_the_way(&config, &dialer.target.address))
        })
        .await
    }

    /// The path of the file with host keys accepted at first sight.
    pub(super) fn first_seen(&self) -> PathBuf {
        self.keys.host_file(&self.target.name(), "first")
    }

    fn prepare(&self, accept: &HostKeyRule) -> Result<PathBuf, HostError> {
        let name = self.target.name();
        let trust = match accept {
            HostKeyRule::Pinned(alias, keys) => {
                let file = self.keys.host_file(&name, "known");
                let lines: String = keys.iter().map(|key| format!("{alias} {key}\n")).collect();
                self.keys.write_host_file(&file, &lines).map_err(|error| cannot_write(&file, &error))?;
                let algorithms = keys.iter().map(HostKey::algorithms).collect::<Vec<_>>().join(",");
                Trust::Pinned { file, alias: alias.clone(), algorithms }
            }
            HostKeyRule::First => {
                let alias = self.target.alias().map(str::to_owned);
                let users = if alias.is_none() { self.users_known_hosts()? } else { None };
                Trust::First { file: self.first_seen(), alias, users }
            }
            HostKeyRule::Users => Trust::Users,
        };
        let config = self.write_config(&trust, CONFIG, "")?;
        if !self.target.terms.forward_agent.is_asked_for() {
            return Ok(config);
        }
        // Agent forwarding is decided per session of a connection that forwards the agent. If the plan says nothing
        // about it, the first file tells whether a session has the agent.
        let forwards = format!("Host {}\n    ForwardAgent yes\n", self.target.address);
        self.write_config(&trust, "forwarding", &forwards)
    }

    /// Returns the user's own known-hosts files as set in the user's configuration, or `None` if they are not set.
    fn users_known_hosts(&self) -> Result<Option<String>, HostError> {
        if !users_settings::may_hold(&self.user, "userknownhostsfile") {
            return Ok(None);
        }
        let config = self.write_config(&Trust::Users, "way", "")?;
        let settings = users_settings::of_host(&config, &self.target.address);
        let files = settings.into_iter().find(|(name, _)| name == "userknownhostsfile").map(|(_, files)| files);
        Ok(files.map(|files| if files == "none" { String::new() } else { files }))
    }

    fn write_config(&self, trust: &Trust, extension: &str, first: &str) -> Result<PathBuf, HostError> {
        let path = self.keys.host_file(&self.target.name(), extension);
        let text = render(&self.target, trust, &self.user).map_err(|error| HostError::failed(error.to_string()))?;
        self.keys.write_host_file(&path, &format!("{first}{text}")).map_err(|error| cannot_write(&path, &error))?;
        Ok(path)
    }

    async fn explain(&self, log: &str, accept: &HostKeyRule) -> HostError {
        let (target, place) = (&*self.target, self.target.place());
        let config = self.keys.host_file(&target.name(), CONFIG);
        let by_hand = format!("ssh -v -F {} {} shows more", config.display(), target.by_hand());
        match SshError::read(log) {
            SshError::Silent(words) => {
                let silence = SilentHost::read(&words, target);
                HostError::unreachable(format!("{place} does not answer: {words}"))
                    .hint(silence.hint(target))
                    .awaited(silence.awaited(target))
            }
            SshError::Denied(words) => {
                let with = login::with(target);
                let reason = format!("{place} does not let us in {with}: {words}");
                // On a machine that is booting, users and keys may not be installed yet.
                let error = match target.machine {
                    Some(_) => HostError::unreachable(reason),
                    None => HostError::failed(reason),
                };
                let awaited = Awaited {
                    what: format!("SSH on {}", target.address),
                    why: format!("it does not let {place} in {with}"),
                    at_once: true,
                };
                error.hint(login::remedy(target, &words)).awaited(awaited)
            }
            SshError::Changed(changed) => self.wrong_key(changed, accept).await,
            SshError::OtherKind(offer) if !matches!(accept, HostKeyRule::Pinned(..)) => {
                // Without pins, only the user's settings restrict the kinds of keys.
                HostError::failed(format!("{place} has no host key of a kind that your ssh takes, but {offer}"))
                    .hint("let `HostKeyAlgorithms` of ~/.ssh/config name that kind, too")
            }
            SshError::OtherKind(offer) => {
                let offered = Some(format!("of another kind ({offer})"));
                self.wrong_key(Changed { offered, ..Changed::default() }, accept).await
            }
            SshError::Unknown(offered) if matches!(accept, HostKeyRule::Pinned(..)) => {
                self.wrong_key(Changed { offered, ..Changed::default() }, accept).await
            }
            SshError::Unknown(_) => {
                HostError::failed(format!("the host key of {place} is not known, so nothing was sent to it"))
                    .hint(rekeyed::make_known(target))
            }
            SshError::Through(words) => HostError::unreachable(format!(
                "no connection to {place} through the ProxyJump or ProxyCommand of the ssh configuration: {words}"
            ))
            .awaited(Awaited {
                what: format!("SSH on {} through another host", target.address),
                why: words,
                at_once: false,
            })
            .hint(format!("is the host in between up, and not busy with others (MaxStartups)? {by_hand}")),
            SshError::Strange(words) => HostError::failed(format!("ssh finds no common ground with {place}: {words}"))
                .hint(
                    "update its SSH server, or let ~/.ssh/config allow what it offers (KexAlgorithms, Ciphers, MACs)",
                ),
            SshError::Settings(words) => {
                HostError::failed(format!("ssh does not take its settings for {place}: {words}")).hint(by_hand)
            }
            SshError::Other(words) => HostError::unreachable(format!("no connection to {place}: {words}"))
                .awaited(Awaited { what: format!("SSH on {}", target.address), why: words, at_once: false })
                .hint(by_hand),
        }
    }

    async fn wrong_key(&self, changed: Changed, accept: &HostKeyRule) -> HostError {
        let place = self.target.place();
        let offers = changed.offered.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
        let HostKeyRule::Pinned(alias, keys) = accept else {
            return HostError::failed(format!(
                "{place} offers another host key{offers} than the one that is known for it; nothing was sent to it. Either \
                 it was set up anew, or somebody is in between"
            ))
            .hint(rekeyed::forget_known(&self.target, &changed));
        };
        let mut expected = Vec::new();
        for key in keys.clone() {
            // Without the fingerprint the message is less specific, but still correct.
            expected
                .extend(tokio::task::spawn_blocking(move || keygen::fingerprint(&key)).await.ok().and_then(Result::ok));
        }
        let expected = if expected.is_empty() { "another".to_owned() } else { expected.join(" or ") };
        HostError::failed(format!(
            "{place} is not {alias}: it offers the host key{offers}, and {alias} has {expected}; nothing was sent to it. \
             Either the address belongs to another machine by now, or it was given another key, or somebody is in between"
        ))
        .hint(rekeyed::pin_anew(&self.target, alias, &self.keys.record_file()))
        .stranger()
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> HostError {
    HostError::failed(format!("cannot write {}: {error}", path.display()))
}

/// Runs blocking work on a thread where it delays no other task.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, HostError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(HostError::unreachable(format!("connecting was cut off: {error}"))))
}

/// Returns the rule for the host key of a target without pins.
pub(super) fn without_pins(target: &SshTarget) -> Option<HostKeyRule> {
    match (&target.machine, target.policy) {
        (_, HostKeyPolicy::AcceptNew) => Some(HostKeyRule::First),
        (None, HostKeyPolicy::Strict) => Some(HostKeyRule::Users),
        (Some(_), HostKeyPolicy::Strict) => None,
    }
}
