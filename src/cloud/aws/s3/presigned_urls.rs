//! Presigned URLs in launches.

use std::fmt;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::os::{Durability, make_private_directory, read_if_there, write_whole};

/// Presigned URLs in the user data of one run's launches, by the tokens of the launches: a repeated launch must carry
/// the same URL. A URL lets its holder fetch the object, so it is stored only here (mode 0600, in a directory of mode
/// 0700).
#[derive(Debug)]
pub struct LaunchAddresses {
    directory: PathBuf,
}

/// A presigned URL.
#[derive(Clone)]
pub struct LaunchAddress {
    /// The URL.
    pub url: SecretString,
    /// End of its validity.
    pub until: Timestamp,
}

impl LaunchAddresses {
    /// Uses `directory`, which belongs to the run alone and is created on first use.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Returns the URL of the launch with this token, if one was stored.
    pub fn get(&self, token: &str) -> io::Result<Option<LaunchAddress>> {
        let path = self.file(token)?;
        let Some(content) = read_if_there(&path)? else { return Ok(None) };
        let read = |text: &str| {
            let (until, url) = text.split_once('\n')?;
            Some(LaunchAddress { url: url.trim_end().into(), until: until.parse().ok()? })
        };
        match std::str::from_utf8(&content).ok().and_then(read) {
            Some(address) => Ok(Some(address)),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no address", path.display()))),
        }
    }

    /// Stores the URL of an upcoming launch. Only one process of a run does this, once for each token.
    pub fn keep(&self, token: &str, address: &LaunchAddress) -> io::Result<()> {
        let path = self.file(token)?;
        make_private_directory(&self.directory)?;
        let text = format!("{}\n{}\n", address.until, address.url.expose_secret());
        // Must survive a power failure: after the launch, it could not be recreated.
        write_whole(&path, text.as_bytes(), 0o600, Durability::Power)
    }

    fn file(&self, token: &str) -> io::Result<PathBuf> {
        if !token.is_empty() && token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(self.directory.join(token));
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{token:?} is no token of a launch")))
    }
}

impl fmt::Debug for LaunchAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LaunchAddress").field("until", &self.until).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn an_address_is_kept_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let addresses = LaunchAddresses::new(directory.path().join("run/addresses"));
        assert!(addresses.get("a1").unwrap().is_none());
        let until: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let address = LaunchAddress { url: "https://b.example/k?X-Amz-Signature=abc".into(), until };
        addresses.keep("a1", &address).unwrap();
        let kept = addresses.get("a1").unwrap().unwrap();
        assert_eq!((kept.url.expose_secret(), kept.until), (address.url.expose_secret(), until));
        assert!(addresses.get("a2").unwrap().is_none());
        assert!(!format!("{kept:?}").contains("abc"));
        for (path, mode) in [("run/addresses", 0o700), ("run/addresses/a1", 0o600)] {
            assert_eq!(directory.path().join(path).metadata().unwrap().permissions().mode() & 0o777, mode);
        }
        std::fs::write(directory.path().join("run/addresses/a3"), "nonsense").unwrap();
        assert!(addresses.get("a3").unwrap_err().to_string().contains("a3"));
        assert!(addresses.get("../a1").is_err());
    }
}
