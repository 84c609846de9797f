//! A pool's password as HTCondor keeps it in a file, which is also the key that signs the pool's tokens.

use std::io;
use std::path::{Path, PathBuf};

use crate::plan::{MAX_TEXT, read_file};

/// The bytes with which HTCondor scrambles what it keeps, repeated (`simple_scramble`).
const MIXED_WITH: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];

/// The longest content in bytes (HTCondor's `MAX_TOKEN_SIGNING_KEY` is 64 KiB).
const LARGEST: usize = 64 << 10;

/// Why a file holds no password. Never shows the content.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
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
    /// The file is a text of several lines.
    #[error("the password file {} has several lines: it is no password as typed, and no key of HTCondor's", .0.display())]
    SeveralLines(PathBuf),
}

/// Returns the password in this file as HTCondor keeps it.
///
/// A file of HTCondor's is returned byte by byte: what `condor_store_cred` keeps of a text, with or without a NUL at
/// its end, and the random bytes that a collector makes. A line of text is a password as typed, which is scrambled:
/// `with_nul` as older versions kept it, else as `condor_store_cred` does. The two sign differently.
///
/// # Errors
/// The file cannot be read, is empty, too long, or a text of several lines.
pub fn pool_key(path: &Path, with_nul: bool) -> Result<Vec<u8>, PasswordError> {
    let path = path.to_owned();
    let content = match read_file(&path, MAX_TEXT) {
        Ok(content) => content,
        Err(error) => return Err(PasswordError::Unreadable { path, error }),
    };
    if content.len() > LARGEST {
        return Err(PasswordError::TooLong { path, bytes: content.len() });
    }
    if content.trim_ascii().is_empty() {
        return Err(PasswordError::Empty(path));
    }
    // Scrambled ASCII characters have their highest bit set, so a content is text in one form only.
    if is_scrambled_text(&content) {
        return Ok(content);
    }
    let Some(text) = std::str::from_utf8(&content).ok().filter(|text| is_text(text)) else { return Ok(content) };
    let line = text.trim_end_matches(['\n', '\r']);
    if line.contains(['\n', '\r']) {
        return Err(PasswordError::SeveralLines(path));
    }
    Ok(scrambled(line.bytes().chain(with_nul.then_some(0))))
}

fn scrambled(bytes: impl IntoIterator<Item = u8>) -> Vec<u8> {
    bytes.into_iter().zip(MIXED_WITH.iter().cycle()).map(|(byte, mixed)| byte ^ mixed).collect()
}

/// Whether it is what HTCondor keeps of a text, up to a NUL.
fn is_scrambled_text(content: &[u8]) -> bool {
    let plain = scrambled(content.iter().copied());
    let text = plain.split(|&byte| byte == 0).next().unwrap_or_default();
    !text.is_empty() && text.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

fn is_text(text: &str) -> bool {
    !text.contains(|character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Vec<u8>, PasswordError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        pool_key(file.path(), false)
    }

    #[test]
    fn what_htcondor_keeps_is_copied_byte_by_byte() {
        let kept = |text: &[u8]| scrambled(text.iter().copied());
        // Random bytes as a collector makes them, one of which is a NUL when it is unscrambled.
        let mut random: Vec<u8> = (0..64_u8).map(|index| index.wrapping_mul(167) ^ 0x5a).collect();
        random[9] = MIXED_WITH[1];
        for content in [random, kept(b"it's a secret\0"), kept(b"it's a secret!"), kept(b"x\0and what was before")] {
            assert_eq!(read(&content).unwrap(), content);
        }
    }

    #[test]
    fn a_typed_password_is_kept_as_htcondor_keeps_it() {
        for typed in ["it's a secret", "it's a secret\n", "it's a secret\r\n"] {
            assert_eq!(read(typed.as_bytes()).unwrap(), scrambled(*b"it's a secret"));
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "grün\n").unwrap();
        assert_eq!(pool_key(file.path(), true).unwrap(), scrambled("grün\0".bytes()));
    }

    #[test]
    fn what_is_no_password_is_refused_without_being_shown() {
        for (content, why) in [
            (&b""[..], "is empty"),
            (b"\n\n", "is empty"),
            (b"two\nlines", "several lines"),
            (&[b'x'; 70_000], "70000 bytes"),
        ] {
            let error = read(content).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("two"), "{error}");
        }
        assert!(pool_key(Path::new("/no/such/file"), false).unwrap_err().to_string().contains("/no/such/file"));
    }
}
