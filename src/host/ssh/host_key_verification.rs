//! Opening the connection to a host: checking that it has the expected host key, and that this key is known to it
//! alone.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openssh::Session;

use super::connect::{Connector, HostKeyRule, blocking, without_pins};
use super::console_keys::{Console, host_keys};
use super::control_directory::ControlDirectory;
use super::host_key::HostKey;
use super::host_key_rotation::{RotationStep, rotate};
use super::keygen;
use super::known_hosts::{KeyStatus, Pin, read};
use super::run_keys::RunKeys;
use super::target::SshTarget;
use crate::os::read_if_there;
use crate::provider::{Awaited, HostError};
use crate::retry::{Limit, Pauses, Poller};

/// The number of attempts to connect to a host that was told to use its new key, and the pause between them: sshd needs
/// a moment to restart.
const LOOKS: u32 = 20;
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// Opens connections to one host.
#[derive(Clone)]
pub(super) struct HostKeyVerifier {
    pub(super) dialer: Connector,
    pub(super) console: Option<Arc<dyn Console>>,
    /// Notes for the operator about how the host was reached.
    pub(super) notes: Arc<Mutex<Vec<String>>>,
}

impl HostKeyVerifier {
    /// Connects to the host, verifying its key. A key from user data is replaced.
    pub(super) async fn open(self, directory: Arc<ControlDirectory>) -> Result<Session, HostError> {
        self.target().check()?;
        let Some(alias) = self.target().alias().map(str::to_owned) else {
            let accept = without_pins(self.target()).unwrap_or(HostKeyRule::Users);
            return self.first_or_known(&accept, &directory).await;
        };
        let name = alias.clone();
        let pins = self.record(move |keys| keys.pins(&name)).await?;
        if let Some(old) = pins.iter().find(|pin| pin.standing == KeyStatus::Ephemeral) {
            return self.rotated(&alias, &pins, &old.key, &directory).await;
        }
        if let Some(next) = pins.iter().find(|pin| pin.standing == KeyStatus::Next) {
            let (name, key) = (alias.clone(), next.key.clone());
            self.record(move |keys| keys.settle(&name, &key)).await?;
        }
        if !pins.is_empty() {
            return self.dialer.dial(&pinned(&alias, &pins), &directory).await;
        }
        if let Some(accept) = without_pins(self.target()) {
            return self.first_or_known(&accept, &directory).await;
        }
        let keys = self.console_keys(&alias).await?;
        let (name, kept) = (alias.clone(), keys.clone());
        self.record(move |keys| keys.keep(&name, &kept)).await?;
        self.dialer.dial(&HostKeyRule::Pinned(alias, keys), &directory).await
    }

    /// Replaces the key from user data. An interrupted attempt is resumed by the next one: the new key is pinned beside
    /// the old one before it is installed on the host, and the old one is dropped once the host has presented the new
    /// key.
    async fn rotated(
        &self,
        alias: &str,
        pins: &[Pin],
        old: &HostKey,
        directory: &ControlDirectory,
    ) -> Result<Session, HostError> {
        let place = self.target().place();
        let session = self.dialer.dial(&pinned(alias, pins), directory).await?;
        let line = self.dialer.line(&session);
        let replaced = async {
            let new = rotate(&line, RotationStep::Make, &place, old).await?;
            if new == *old {
                return Err(HostError::failed(format!("{place} gave the host key of its user data as its new one")));
            }
            let (name, key) = (alias.to_owned(), new.clone());
            self.record(move |keys| keys.pin_next(&name, &key)).await?;
            let installed = rotate(&line, RotationStep::Install, &place, old).await?;
            if installed == new {
                Ok(new)
            } else {
                Err(HostError::unreachable(format!("{place} is replacing its host key once more")))
            }
        }
        .await;
        // The new connection proves the new key; a failure to close this one does not matter.
        let _ = session.close().await;
        let new = replaced?;
        let only_new = HostKeyRule::Pinned(alias.to_owned(), vec![new.clone()]);
        let mut poller = Poller::new(Pauses::fixed(LOOK_PAUSE), Limit::Pauses(LOOKS));
        loop {
            match self.dialer.dial(&only_new, directory).await {
                Ok(session) => {
                    let (name, key) = (alias.to_owned(), new.clone());
                    self.record(move |keys| keys.settle(&name, &key)).await?;
                    return Ok(session);
                }
                Err(_) if poller.pause().await => {}
                Err(error) => {
                    return Err(HostError::unreachable(format!(
                        "{place} has a new host key and does not use it yet: {error}"
                    )));
                }
            }
        }
    }

    /// Connects without pins. A key accepted at first sight is recorded and reported.
    async fn first_or_known(&self, accept: &HostKeyRule, directory: &ControlDirectory) -> Result<Session, HostError> {
        let file = self.dialer.first_seen();
        let seen = || read_if_there(&file).ok().flatten().unwrap_or_default();
        let before = seen();
        let session = self.dialer.dial(accept, directory).await?;
        let taken = read(&String::from_utf8_lossy(&seen()));
        let known = read(&String::from_utf8_lossy(&before));
        for pin in taken.iter().filter(|pin| !known.contains(pin)) {
            let (place, key) = (self.target().place(), pin.key.clone());
            let fingerprint = tokio::task::spawn_blocking(move || keygen::fingerprint(&key));
            let shown = fingerprint.await.ok().and_then(Result::ok).unwrap_or_else(|| pin.key.to_string());
            let note = format!("took the host key of {place} at first sight, as the plan says: {shown}");
            self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        }
        if let Some(first) = taken.first() {
            let keys: Vec<HostKey> =
                taken.iter().filter(|pin| pin.alias == first.alias).map(|pin| pin.key.clone()).collect();
            let name = first.alias.clone();
            self.record(move |record| record.record(&name, &keys)).await?;
        }
        Ok(session)
    }

    async fn console_keys(&self, alias: &str) -> Result<Vec<HostKey>, HostError> {
        let place = self.target().place();
        let Some(console) = &self.console else {
            return Err(HostError::failed(format!(
                "nothing says which host key {alias} has, so {place} was not connected to"
            ))
            .hint("`ssh.host_key = \"accept-new\"` takes the first one that it shows"));
        };
        let text = console.text().await.map_err(|reason| {
            HostError::unreachable(format!(
                "the host key of {alias} is awaited on its console, which cannot be read: {reason}"
            ))
        })?;
        let keys = host_keys(&text);
        if keys.is_empty() {
            let awaited = Awaited {
                what: format!("the host key of {alias} on its console"),
                why: format!("{} bytes are there, and no key", text.len()),
                at_once: false,
            };
            return Err(HostError::unreachable(format!(
                "{alias} has not written its host key to its console yet, where cloud-init puts it at the end of its \
                 start ({} bytes are there)",
                text.len()
            ))
            .hint("an image without cloud-init never does: `ssh.host_key = \"accept-new\"` takes the first one that it shows")
            .awaited(awaited));
        }
        Ok(keys)
    }

    /// Reads or changes the record of keys.
    async fn record<T: Send + 'static>(
        &self,
        change: impl FnOnce(&RunKeys) -> io::Result<T> + Send + 'static,
    ) -> Result<T, HostError> {
        let (keys, place) = (self.dialer.keys.clone(), self.target().place());
        blocking(move || {
            change(&keys).map_err(|error| HostError::failed(format!("cannot keep the host key of {place}: {error}")))
        })
        .await
    }

    fn target(&self) -> &SshTarget {
        &self.dialer.target
    }
}

fn pinned(alias: &str, pins: &[Pin]) -> HostKeyRule {
    HostKeyRule::Pinned(alias.to_owned(), pins.iter().map(|pin| pin.key.clone()).collect())
}
