//! Private key files.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::plan::open_file;
use crate::provider::Complaint;

/// The reason why ssh would not use a key file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The path cannot be written to ssh's configuration.
    #[error("the path of the key {:?} holds characters that ssh could not be given", .0.display())]
    Unnamable(PathBuf),
    /// The file does not exist.
    #[error("there is no key {}; `ssh.key` must name the private key's file on this machine", .0.display())]
    Missing(PathBuf),
    /// The file's metadata cannot be read.
    #[error("cannot use the key {}: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// The path is not a regular file.
    #[error("the key {} is not a file", .0.display())]
    NoFile(PathBuf),
    /// The file cannot be read.
    #[error("cannot read the key {}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// The file holds the public key of the pair.
    #[error("{} is a public key; `ssh.key` must name the private one", .0.display())]
    Public(PathBuf),
    /// The file holds no key.
    #[error("{} holds no private key", .0.display())]
    NoKey(PathBuf),
    /// Other users can read the file, and ssh refuses such a key.
    #[error(
        "the key {path} can be read by others (mode {mode:04o}), so ssh refuses it; chmod 600 {path}",
        path = path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// The file's permissions.
        mode: u32,
    },
}

impl From<KeyError> for Complaint {
    fn from(error: KeyError) -> Self {
        error.to_string().into()
    }
}

/// Checks whether ssh would use a private key file.
///
/// # Errors
/// The file is missing, can be read by other users, or holds no private key.
pub fn check_key(path: &Path) -> Result<(), KeyError> {
    let file = || path.to_path_buf();
    if path.display().to_string().chars().any(|c| c.is_control() || c == '"') {
        return Err(KeyError::Unnamable(file()));
    }
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => KeyError::Missing(file()),
        _ => KeyError::Unusable { path: file(), why: error.to_string() },
    })?;
    if !metadata.is_file() {
        return Err(KeyError::NoFile(file()));
    }
    let mut start = [0; 11];
    let count = open_file(path)
        .and_then(|mut file| file.read(&mut start))
        .map_err(|error| KeyError::Unreadable { path: file(), why: error.to_string() })?;
    if start[..count].starts_with(b"ssh-") || start[..count].starts_with(b"ecdsa-") {
        return Err(KeyError::Public(file()));
    }
    if !start[..count].starts_with(b"-----BEGIN ") {
        return Err(KeyError::NoKey(file()));
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 && metadata.uid() == nix::unistd::getuid().as_raw() {
        return Err(KeyError::Open { path: file(), mode });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keys_that_ssh_would_not_use_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("key");
        let complaint = |content: &str, mode: u32| {
            fs::write(&key, content).unwrap();
            fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
            check_key(&key).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
        assert_eq!(complaint(pem, 0o600), "");
        assert!(complaint(pem, 0o644).contains("mode 0644"));
        assert!(complaint("ssh-ed25519 AAAA", 0o600).contains("is a public key"));
        assert!(complaint("hello", 0o600).contains("no private key"));
        assert!(complaint("", 0o600).contains("no private key"));
        assert_eq!(check_key(directory.path()), Err(KeyError::NoFile(directory.path().to_path_buf())));
        fs::remove_file(&key).unwrap();
        assert_eq!(check_key(&key), Err(KeyError::Missing(key.clone())));
    }
}
