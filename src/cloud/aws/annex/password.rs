//! Reads the pool's password, in plain text or in HTCondor's stored form.

use std::io;
use std::path::{Path, PathBuf};

use crate::annex::unmixed;
use crate::plan::{MAX_TEXT, read_file};

/// Maximum file size in bytes: HTCondor's own tools end at 255 characters.
const LARGEST: usize = 1024;

/// Why a file holds no password. Never shows the content.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasswordError {
    /// The file cannot be read.
    #[error("cannot read the password file {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The file is too long.
    #[error("the password file {} has {bytes} bytes, and no password so many", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Length in bytes.
        bytes: usize,
    },
    /// The file is empty.
    #[error("the password file {} is empty", .0.display())]
    Empty(PathBuf),
    /// The file has other content.
    #[error("the password file {} holds neither a line of text nor what condor_store_cred keeps", .0.display())]
    SomethingElse(PathBuf),
}

/// Returns the password in this file in plain text without a line end, as instances take it.
///
/// # Errors
/// The file cannot be read, is empty, or has other content, which no error shows.
pub(super) fn of_file(path: &Path) -> Result<Vec<u8>, PasswordError> {
    let path = path.to_owned();
    let content = match read_file(&path, MAX_TEXT) {
        Ok(content) => content,
        Err(error) => return Err(PasswordError::Unreadable { path, error }),
    };
    if content.len() > LARGEST {
        return Err(PasswordError::TooLong { path, bytes: content.len() });
    }
    match typed(&content).or_else(|| typed(&unmixed(&content))) {
        Some(password) if password.is_empty() => Err(PasswordError::Empty(path)),
        Some(password) => Ok(password),
        None => Err(PasswordError::SomethingElse(path)),
    }
}

/// Returns the content if it is one line of text.
fn typed(content: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(content).ok()?;
    let line = text.trim_end_matches(['\n', '\r']);
    (!line.contains(char::is_control)).then(|| line.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED_WITH: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];

    fn read(content: &[u8]) -> Result<Vec<u8>, PasswordError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        of_file(file.path())
    }

    fn mixed(password: &str, zeros: usize) -> Vec<u8> {
        let padded = password.bytes().chain(std::iter::repeat_n(0, zeros));
        padded.zip(MIXED_WITH.iter().cycle()).map(|(byte, with)| byte ^ with).collect()
    }

    #[test]
    fn a_password_is_read_in_either_form() {
        assert_eq!(read(b"it's secret\n").unwrap(), b"it's secret");
        assert_eq!(read("grün\r\n".as_bytes()).unwrap(), "grün".as_bytes());
        for zeros in [0, 1, 20] {
            assert_eq!(read(&mixed("it's secret", zeros)).unwrap(), b"it's secret", "{zeros}");
        }
    }

    #[test]
    fn what_is_no_password_is_refused_without_being_shown() {
        for (content, why) in [
            (&b""[..], "is empty"),
            (b"\n\n", "is empty"),
            (b"two\nlines", "neither"),
            (&[0xff; 40], "neither"),
            (&[b'x'; 2000], "2000 bytes"),
        ] {
            let error = read(content).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("lines\n"), "{error}");
        }
        assert!(of_file(Path::new("/no/such/file")).unwrap_err().to_string().contains("/no/such/file"));
    }
}
