//! The file of a private key.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::plan::open_file;
use crate::provider::Complaint;

/// Why ssh would not use the file of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Its path cannot be written to ssh's configuration.
    #[error("the path of the key {:?} holds characters that ssh could not be given", .0.display())]
    Unnamable(PathBuf),
    /// There is none.
    #[error("there is no key {}; `ssh.key` must name the private key's file on this machine", .0.display())]
    Missing(PathBuf),
    /// The system does not tell of it, for this reason.
    #[error("cannot use the key {}: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// Something else stands there.
    #[error("the key {} is not a file", .0.display())]
    NoFile(PathBuf),
    /// The system does not let us read it, for this reason.
    #[error("cannot read the key {}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// It is the other one of the two.
    #[error("{} is a public key; `ssh.key` must name the private one", .0.display())]
    Public(PathBuf),
    /// It is no key.
    #[error("{} holds no private key", .0.display())]
    NoKey(PathBuf),
    /// Others may read it, and ssh refuses such a key.
    #[error(
        "the key {path} can be read by others (mode {mode:04o}), so ssh refuses it; chmod 600 {path}",
        path = path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

impl From<KeyError> for Complaint {
    fn from(error: KeyError) -> Self {
        error.to_string().into()
    }
}

/// Whether ssh would use the file of a private key.
///
/// # Errors
/// It is missing, can be read by others, or holds no private key.
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
