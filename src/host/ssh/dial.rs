//! Opening one connection: the files that ssh is given, and what its refusal means.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder};

use super::config_file::{Trust, UserFiles, render};
use super::control_directory::ControlDirectory;
use super::host_key::HostKey;
use super::keygen;
use super::run_keys::RunKeys;
use super::target::SshTarget;
use super::trouble::Trouble;
use crate::engine::HostError;
use crate::plan::HostKeyPolicy;

/// How long a connection that nobody uses stays: the pause between a service's programs is shorter, and what a killed
/// process leaves shall not stay for long.
const IDLE_SECONDS: std::num::NonZeroUsize = std::num::NonZeroUsize::new(60).unwrap();

/// What is needed to connect to one target.
#[derive(Clone, Debug)]
pub(super) struct Dialer {
    pub(super) target: Arc<SshTarget>,
    pub(super) keys: Arc<RunKeys>,
    pub(super) user: UserFiles,
}

/// The host keys that one connection may meet.
#[derive(Clone, Debug)]
pub(super) enum Accept {
    /// These, under this name.
    Pinned(String, Vec<HostKey>),
    /// Any, the first time.
    First,
    /// Those that the user's own files know.
    Users,
}

impl Dialer {
    /// Connects, as the keys to accept allow.
    pub(super) async fn dial(&self, accept: &Accept, directory: &ControlDirectory) -> Result<Session, HostError> {
        let config = {
            let (dialer, accept) = (self.clone(), accept.clone());
            blocking(move || dialer.prepare(&accept)).await?
        };
        let mut builder = SessionBuilder::default();
        builder
            .known_hosts_check(match accept {
                Accept::First => KnownHosts::Add,
                Accept::Pinned(..) | Accept::Users => KnownHosts::Strict,
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
                Err(HostError::Failed("there is no program ssh on this machine; install OpenSSH's client".to_owned()))
            }
            Err(openssh::Error::Connect(error)) => Err(self.explain(&error.to_string(), accept).await),
            Err(error) => Err(HostError::Failed(format!("cannot run ssh: {error}"))),
        }
    }

    /// Where the keys are that ssh itself took at first sight.
    pub(super) fn first_seen(&self) -> PathBuf {
        self.keys.host_file(&self.target.name(), "first")
    }

    fn prepare(&self, accept: &Accept) -> Result<PathBuf, HostError> {
        let name = self.target.name();
        let config = self.keys.host_file(&name, "config");
        let failed = |error: io::Error| HostError::Failed(format!("cannot write {}: {error}", config.display()));
        let trust = match accept {
            Accept::Pinned(alias, keys) => {
                let file = self.keys.host_file(&name, "known");
                let lines: String = keys.iter().map(|key| format!("{alias} {key}\n")).collect();
                self.keys.write_host_file(&file, &lines).map_err(failed)?;
                let algorithms = keys.iter().map(HostKey::algorithms).collect::<Vec<_>>().join(",");
                Trust::Pinned { file, alias: alias.clone(), algorithms }
            }
            Accept::First => Trust::First { file: self.first_seen(), alias: self.target.alias().map(str::to_owned) },
            Accept::Users => Trust::Users,
        };
        let text = render(&self.target, &trust, &self.user).map_err(HostError::Failed)?;
        self.keys.write_host_file(&config, &text).map_err(failed)?;
        Ok(config)
    }

    async fn explain(&self, log: &str, accept: &Accept) -> HostError {
        let place = self.target.place();
        let by_hand =
            format!("`ssh -v -F {} {place}` shows more", self.keys.host_file(&self.target.name(), "config").display());
        match Trouble::read(log) {
            Trouble::Silent(words) => HostError::Unreachable(format!("{place} does not answer: {words}")),
            Trouble::Denied(words) => {
                let with = match &self.target.key {
                    Some(key) => format!("with the key {}", key.display()),
                    None => "with the keys of the agent and of ~/.ssh".to_owned(),
                };
                let hint = "ssh = { user = …, key = … } in the plan says whose key is used; one with a passphrase must be in the agent";
                let reason = format!("{place} does not let us in {with}: {words}; {hint}");
                // A machine that has just been born gets its users and keys only now.
                if self.target.machine.is_some() { HostError::Unreachable(reason) } else { HostError::Failed(reason) }
            }
            Trouble::Changed(offered) => self.wrong_key(offered.as_deref(), accept).await,
            Trouble::OtherKind(offer) => self.wrong_key(Some(&format!("of another kind ({offer})")), accept).await,
            Trouble::Unknown(offered) if matches!(accept, Accept::Pinned(..)) => {
                self.wrong_key(offered.as_deref(), accept).await
            }
            Trouble::Unknown(_) => HostError::Failed(format!(
                "the host key of {place} is not known, so nothing was sent to it; compare its fingerprint and put it into \
                 ~/.ssh/known_hosts (`ssh {place}` asks), or let the plan say ssh = {{ host_key = \"accept-new\" }}"
            )),
            Trouble::Through(words) => HostError::Unreachable(format!(
                "no connection to {place} through the ProxyJump or ProxyCommand of the ssh configuration: {words}; {by_hand}"
            )),
            Trouble::Settings(words) => {
                HostError::Failed(format!("ssh does not take its settings for {place}: {words}; {by_hand}"))
            }
            Trouble::Other(words) => HostError::Unreachable(format!("no connection to {place}: {words}; {by_hand}")),
        }
    }

    async fn wrong_key(&self, offered: Option<&str>, accept: &Accept) -> HostError {
        let place = self.target.place();
        let offers = offered.map(|key| format!(" {key}")).unwrap_or_default();
        let Accept::Pinned(alias, keys) = accept else {
            return HostError::Failed(format!(
                "{place} offers another host key{offers} than the one that is known for it; nothing was sent to it. Either \
                 it was set up anew, or somebody is in between: find out which, and only then remove the old key \
                 (`ssh-keygen -R {}`)",
                self.target.address
            ));
        };
        let mut expected = Vec::new();
        for key in keys.clone() {
            // Without it the message says less, and is as right.
            expected
                .extend(tokio::task::spawn_blocking(move || keygen::fingerprint(&key)).await.ok().and_then(Result::ok));
        }
        let expected = if expected.is_empty() { "another".to_owned() } else { expected.join(" or ") };
        HostError::Failed(format!(
            "{place} is not {alias}: it offers the host key{offers}, and {alias} has {expected}; nothing was sent to it. \
             Either the address belongs to another machine by now, or somebody is in between: see at the cloud which \
             machine has this address; `hoist plan repair` replaces {alias}"
        ))
    }
}

/// Does what waits for the disk where it holds up nobody else.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, HostError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(HostError::Unreachable(format!("connecting was cut off: {error}"))))
}

/// How a host's key is to be taken that nothing vouches for.
pub(super) fn without_pins(target: &SshTarget) -> Option<Accept> {
    match (&target.machine, target.policy) {
        (_, HostKeyPolicy::AcceptNew) => Some(Accept::First),
        (None, HostKeyPolicy::Strict) => Some(Accept::Users),
        (Some(_), HostKeyPolicy::Strict) => None,
    }
}
