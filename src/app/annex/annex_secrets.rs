//! Hoist's own copies of the secrets of annexes, in a directory beside the state file: never in the state file itself.

use std::io;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::annex::{AnnexId, AnnexName};
use crate::app::CommandError;
use crate::batch::htcondor::TokenRequest;
use crate::os::{Durability, fill_random, make_private_directory, random_hex, read_own, remove_tree, write_whole};

/// The number of random bytes in an annex's own key, as in HTCondor's.
const KEY_LENGTH: usize = 64;

/// The secrets of one annex.
#[derive(Clone, Debug)]
pub(super) struct AnnexSecrets {
    directory: PathBuf,
}

/// A directory with a token for HTCondor's programs; removed when dropped.
pub(super) struct TokenDirectory {
    path: PathBuf,
}

impl AnnexSecrets {
    /// Name of the directory of all secrets beside the state file.
    pub(crate) const DIRECTORY: &str = "annex-secrets";

    /// The secrets of an annex. `beside` is the directory of the state file.
    pub(super) fn of(beside: &Path, id: &AnnexId) -> Self {
        Self { directory: beside.join(Self::DIRECTORY).join(format!("{}.{}", id.name, id.nonce)) }
    }

    /// The secrets of an annex of this name that is not made yet.
    pub(super) fn before(beside: &Path, name: &AnnexName) -> Self {
        Self { directory: beside.join(Self::DIRECTORY).join(name.as_str()) }
    }

    /// The secrets of an annex that is only tried, in a directory for temporary files: beside the state file nothing is
    /// made. To be forgotten at the end.
    pub(super) fn aside() -> Result<Self, CommandError> {
        let beside = std::env::temp_dir();
        let name = random_hex(8).map_err(|error| CommandError::new(format!("cannot name a directory: {error}")))?;
        Ok(Self { directory: beside.join(format!("hoist-{name}")) })
    }

    /// The request for a token of the annex.
    pub(super) fn request(&self) -> Result<TokenRequest, CommandError> {
        self.make(&self.directory)?;
        Ok(TokenRequest::new(&self.directory, "token"))
    }

    /// Keeps the token with which the instances join; returns its file.
    pub(super) fn keep_token(&self, token: &SecretString) -> Result<PathBuf, CommandError> {
        self.make(&self.directory)?;
        let path = self.directory.join("token");
        let line = format!("{}\n", token.expose_secret().trim());
        self.write(&path, line.as_bytes())?;
        Ok(path)
    }

    /// Returns the file of the annex's own key, which is made unless there is one.
    pub(super) fn owner_key(&self, id: &AnnexId) -> Result<PathBuf, CommandError> {
        let keys = self.directory.join("keys");
        self.make(&keys)?;
        let path = keys.join(id.owner_key());
        let known = read_own(&path).map_err(|error| self.failed("read", &path, &error))?;
        if known.is_none_or(|known| known.len() != KEY_LENGTH) {
            let mut key = [0; KEY_LENGTH];
            fill_random(&mut key).map_err(|error| self.failed("make", &path, &error))?;
            self.write(&path, &key)?;
        }
        Ok(path)
    }

    /// Returns where host keys of the annex's instances are kept, for SSH.
    pub(super) fn host_keys(&self) -> PathBuf {
        self.directory.join("ssh")
    }

    /// Makes a directory with this token alone, for HTCondor's programs.
    pub(super) fn token_directory(&self, token: &SecretString) -> Result<TokenDirectory, CommandError> {
        let made = self.scratch()?;
        self.write(&made.path.join("hoist"), format!("{}\n", token.expose_secret().trim()).as_bytes())?;
        Ok(made)
    }

    /// Makes an empty directory for HTCondor's programs.
    pub(super) fn scratch(&self) -> Result<TokenDirectory, CommandError> {
        let failed = |error: &io::Error| self.failed("make a directory for a token in", &self.directory, error);
        let path = self.directory.join(format!("use-{}", random_hex(8).map_err(|error| failed(&error))?));
        self.make(&path)?;
        Ok(TokenDirectory { path })
    }

    /// The directory that holds an annex's own key, whose file is this one.
    pub(super) fn of_owner_key(key: &Path) -> Option<Self> {
        Some(Self { directory: key.parent()?.parent()?.to_owned() })
    }

    /// Removes the token of an annex that is not made; a request that waits for its approval stays.
    pub(super) fn forget_token(&self) -> Result<(), CommandError> {
        let token = self.directory.join("token");
        match std::fs::remove_file(&token) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.failed("remove", &token, &error)),
            // Only a directory without a request can be removed.
            _ => drop(std::fs::remove_dir(&self.directory)),
        }
        Ok(())
    }

    /// Removes all.
    pub(super) fn forget(&self) -> Result<(), CommandError> {
        remove_tree(&self.directory).map_err(|(path, error)| self.failed("remove", &path, &error))
    }

    fn make(&self, directory: &Path) -> Result<(), CommandError> {
        make_private_directory(directory).map_err(|error| self.failed("make", directory, &error))
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), CommandError> {
        write_whole(path, content, 0o600, Durability::Power).map_err(|error| self.failed("write", path, &error))
    }

    fn failed(&self, verb: &str, path: &Path, error: &io::Error) -> CommandError {
        CommandError::new(format!("cannot {verb} {}: {error}", path.display()))
    }
}

impl TokenDirectory {
    /// Returns the directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the tokens in another directory, those of the user, so that HTCondor's programs may use them, too.
    pub(super) fn add_all_of(&self, directory: &Path) {
        let Ok(entries) = std::fs::read_dir(directory) else { return };
        for entry in entries.flatten() {
            // A token that is not there is one fewer to choose from.
            let _ = std::os::unix::fs::symlink(entry.path(), self.path.join(entry.file_name()));
        }
    }
}

impl Drop for TokenDirectory {
    fn drop(&mut self) {
        // What is left goes with the annex's other secrets.
        let _ = remove_tree(&self.path);
    }
}
