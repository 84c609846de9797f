//! The SSH files of one run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::host_key::HostKey;
use super::keygen;
use super::known_hosts::{self, KeyStatus, Pin};
use super::secret::Secret;
use crate::os::{Durability, FileLock, make_private_directory, read_if_there, remove_tree, write_whole};

/// The record of host keys, in ssh's format, since it also serves as `UserKnownHostsFile`.
const KNOWN_HOSTS: &str = "known_hosts";
/// The directory of ephemeral host keys.
const EPHEMERAL: &str = "ephemeral";
/// The directory of the signed addresses that launches carry.
const ADDRESSES: &str = "addresses";
/// The directory of each host's own files: its ssh configuration, and the keys that a connection accepts.
const HOSTS: &str = "hosts";
/// The extension of a file that notes that a host has files of ours.
const USED: &str = "used";
/// Locked while any of the files is changed.
const LOCK: &str = "lock";

/// The SSH files of one run: the pinned host keys of its machines, and ephemeral host keys. The directory is accessible
/// to its owner only (0700, files 0600), and made on first use.
#[derive(Debug)]
pub struct RunKeys {
    directory: PathBuf,
}

/// A host key passed to machines in their user data, and replaced over the first connection to them.
#[derive(Clone, Debug)]
pub struct EphemeralKey {
    /// The private half: OpenSSH's PEM, with line ends.
    pub private: Secret,
    /// The public half: `ssh-ed25519 AAAA…`, without a comment.
    pub public: String,
}

impl RunKeys {
    /// Creates the files in `directory`, which should be absolute and belong to the run alone.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Returns the ephemeral ed25519 host key for the machines of one launch call. It is made once per token, since a
    /// repeated call must carry the same user data.
    ///
    /// Once a machine of that call has replaced the key, the private half is gone and this is an error: such a call was
    /// answered, and is not repeated.
    pub fn ephemeral(&self, token: &str) -> io::Result<EphemeralKey> {
        let _lock = self.lock()?;
        let (private, public) = self.ephemeral_files(token)?;
        make_private_directory(&self.directory.join(EPHEMERAL))?;
        let Some(known) = read_if_there(&public)? else {
            let making = private.with_extension("new");
            for left in [making.clone(), making.with_added_extension("pub")] {
                remove_file(&left)?;
            }
            keygen::generate(&making)?;
            let key = EphemeralKey {
                private: Secret::new(fs::read_to_string(&making)?),
                public: public_key(&fs::read(making.with_added_extension("pub"))?, &making)?.to_string(),
            };
            remove_file(&making.with_added_extension("pub"))?;
            fs::rename(&making, &private)?;
            // The public half is written last: if it exists, so did the private one.
            write_whole(&public, key.public.as_bytes(), 0o600, Durability::Power)?;
            return Ok(key);
        };
        let text = fs::read_to_string(&private).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::other(format!("the ephemeral host key of launch {token} has been used and removed"))
            }
            _ => error,
        })?;
        Ok(EphemeralKey { private: Secret::new(text), public: public_key(&known, &public)?.to_string() })
    }

    /// Pins the ephemeral key for a machine, until its first connection has replaced it. A machine that already has
    /// another key keeps that.
    pub fn pin_ephemeral(&self, instance_id: &str, public: &str) -> io::Result<()> {
        let alias = checked(instance_id)?;
        let key = HostKey::find(public)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("{instance_id}: not a host key")))?;
        self.change(|pins| {
            if !pins.iter().any(|pin| pin.alias == alias) {
                pins.push(Pin { alias: alias.to_owned(), key, standing: KeyStatus::Ephemeral });
            }
        })
    }

    /// Returns the directory of the signed addresses that the run's launches carry. It is removed along with the keys.
    pub fn addresses(&self) -> PathBuf {
        self.directory.join(ADDRESSES)
    }

    /// Removes the directory at the end of the run.
    pub fn forget(&self) -> io::Result<()> {
        remove_tree(&self.directory)
            .map_err(|(path, error)| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// Returns the keys pinned for `alias`.
    pub(super) fn pins(&self, alias: &str) -> io::Result<Vec<Pin>> {
        Ok(self.read()?.into_iter().filter(|pin| pin.alias == alias).collect())
    }

    /// Pins the machine's own keys, replacing any earlier pins.
    pub(super) fn keep(&self, alias: &str, keys: &[HostKey]) -> io::Result<()> {
        let alias = checked(alias)?;
        self.change(|pins| {
            pins.retain(|pin| pin.alias != alias);
            pins.extend(keys.iter().map(|key| Pin {
                alias: alias.to_owned(),
                key: key.clone(),
                standing: KeyStatus::Kept,
            }));
        })
    }

    /// Records keys that ssh accepted at first sight, under ssh's name for the host.
    pub(super) fn record(&self, name: &str, keys: &[HostKey]) -> io::Result<()> {
        self.change(|pins| {
            for key in keys {
                let pin = Pin { alias: name.to_owned(), key: key.clone(), standing: KeyStatus::Kept };
                if !pins.contains(&pin) {
                    pins.push(pin);
                }
            }
        })
    }

    /// Pins the key that is to replace the ephemeral one, beside it.
    pub(super) fn pin_next(&self, alias: &str, key: &HostKey) -> io::Result<()> {
        self.change(|pins| {
            pins.retain(|pin| pin.alias != alias || pin.standing == KeyStatus::Ephemeral);
            pins.push(Pin { alias: alias.to_owned(), key: key.clone(), standing: KeyStatus::Next });
        })
    }

    /// Drops the ephemeral key of a machine that has presented its own one, and its private half, which is no longer
    /// needed: the launch that carried it has been answered.
    pub(super) fn settle(&self, alias: &str, key: &HostKey) -> io::Result<()> {
        let old = self.pins(alias)?.into_iter().find(|pin| pin.standing == KeyStatus::Ephemeral);
        if let Some(old) = old {
            self.remove_private(&old.key)?;
        }
        self.keep(alias, std::slice::from_ref(key))
    }

    fn remove_private(&self, public: &HostKey) -> io::Result<()> {
        let _lock = self.lock()?;
        let entries = match fs::read_dir(self.directory.join(EPHEMERAL)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "pub")
                && fs::read(&path)? == public.to_string().as_bytes()
            {
                remove_file(&path.with_extension(""))?;
            }
        }
        Ok(())
    }

    /// Returns the path of the record of host keys.
    pub(super) fn record_file(&self) -> PathBuf {
        self.directory.join(KNOWN_HOSTS)
    }

    /// Returns the path of a host's file, by the host's name and the file's extension.
    pub(super) fn host_file(&self, name: &str, extension: &str) -> PathBuf {
        self.directory.join(HOSTS).join(format!("{name}.{extension}"))
    }

    /// Writes a host's file.
    pub(super) fn write_host_file(&self, path: &Path, content: &str) -> io::Result<()> {
        let _lock = self.lock()?;
        make_private_directory(&self.directory.join(HOSTS))?;
        write_whole(path, content.as_bytes(), 0o600, Durability::Process)
    }

    /// Notes that the host `name` has files of ours, and their location if a person chose it.
    pub(super) fn note_use(&self, name: &str, base: &str) -> io::Result<()> {
        let path = self.host_file(name, USED);
        if path.exists() { Ok(()) } else { self.write_host_file(&path, base) }
    }

    /// Returns the noted location of our directories on that host, if any.
    pub(super) fn noted_base(&self, name: &str) -> Option<PathBuf> {
        let text = fs::read_to_string(self.host_file(name, USED)).ok()?;
        (!text.is_empty()).then(|| PathBuf::from(text))
    }

    /// Returns whether that host may have files of ours.
    pub(super) fn is_used(&self, name: &str) -> bool {
        self.host_file(name, USED).exists()
    }

    fn ephemeral_files(&self, token: &str) -> io::Result<(PathBuf, PathBuf)> {
        let private = self.directory.join(EPHEMERAL).join(checked(token)?);
        let public = private.with_added_extension("pub");
        Ok((private, public))
    }

    fn read(&self) -> io::Result<Vec<Pin>> {
        let text = read_if_there(&self.directory.join(KNOWN_HOSTS))?.unwrap_or_default();
        Ok(known_hosts::read(&String::from_utf8_lossy(&text)))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Pin>)) -> io::Result<()> {
        let _lock = self.lock()?;
        let mut pins = self.read()?;
        let before = pins.clone();
        change(&mut pins);
        if pins == before {
            return Ok(());
        }
        let path = self.directory.join(KNOWN_HOSTS);
        // Losing a key that the machine has already installed would lock us out for good.
        write_whole(&path, known_hosts::write(&pins).as_bytes(), 0o600, Durability::Power)
    }

    /// Locks the files against other tasks and other processes.
    fn lock(&self) -> io::Result<FileLock> {
        make_private_directory(&self.directory)?;
        FileLock::wait_range(&self.directory.join(LOCK), 0, 0)
    }
}

/// Returns the name if it is valid as a file name and as a word of `known_hosts`.
fn checked(name: &str) -> io::Result<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && !name.starts_with('.') && name.len() <= 200 && name.chars().all(fits) {
        return Ok(name);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is no name for a host or a launch")))
}

fn public_key(content: &[u8], path: &Path) -> io::Result<HostKey> {
    HostKey::find(&String::from_utf8_lossy(content))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no host key", path.display())))
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
