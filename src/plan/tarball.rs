//! Programs that are tarballs: a single folder, named like the tarball, with a `run.sh`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::input::open_file;
use super::source::{self, SourceError};
use crate::diagnostics::shown;

/// The maximum unpacked size of a program, in bytes.
const MAX_UNPACKED: u64 = 2 * 1024 * 1024 * 1024;

/// The maximum number of entries examined.
const MAX_ENTRIES: usize = 100_000;

/// The maximum length of a name in bytes, including the records that an archive has for it: no file system permits
/// longer ones.
const MAX_NAME: u64 = 64 * 1024;

/// The reason why a tarball is not a program, worded as the rest of a sentence about it, without its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TarballError {
    /// The file itself cannot be used.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The archive cannot be unpacked, for this reason.
    #[error("is no gzipped tar archive: {0}")]
    NoArchive(String),
    /// The archive exceeds [`MAX_UNPACKED`].
    #[error("unpacks to more than {}, the limit", source::megabytes(MAX_UNPACKED))]
    TooMuch,
    /// The archive exceeds [`MAX_ENTRIES`].
    #[error("holds more than {MAX_ENTRIES} entries")]
    TooMany,
    /// An entry's name has this many bytes.
    #[error("holds a name of {0} bytes; the limit is {MAX_NAME}")]
    LongName(u64),
    /// An entry would leave the directory; its name, escaped for display.
    #[error("holds \"{0}\", which would be unpacked elsewhere")]
    Elsewhere(String),
    /// The expected folder exists, but without a program.
    #[error("must hold {0}/run.sh; its folder {0} has no run.sh")]
    NoProgram(String),
    /// The archive has other content.
    #[error("must hold {base}/run.sh; it holds {holds}")]
    NoFolder {
        /// The archive's name, without the extensions.
        base: String,
        /// Its content, escaped for display.
        holds: String,
    },
}

/// A reader that fails beyond a limit.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| std::io::Error::new(ErrorKind::FileTooLarge, TarballError::TooMuch))?;
        Ok(read)
    }
}

/// Returns the name without `.tar.gz`, if the file is such a tarball.
pub(super) fn base_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.strip_suffix(".tar.gz").filter(|base| !base.is_empty())
}

/// Returns the beginning of the `run.sh` in a tarball that was already checked.
pub(super) fn start_of_run(path: &Path, base: &str, length: usize) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(open_file(path).ok()?).take(MAX_UNPACKED));
    let run = Path::new(base).join("run.sh");
    let is_run =
        |entry: &tar::Entry<'_, _>| entry.path().is_ok_and(|path| path.strip_prefix(".").unwrap_or(&path) == run);
    let entry = archive.entries().ok()?.take(MAX_ENTRIES).filter_map(Result::ok).find(is_run)?;
    let mut start = Vec::with_capacity(length);
    entry.take(length as u64).read_to_end(&mut start).ok()?;
    Some(start)
}

/// Checks that the tarball contains `BASE/run.sh` and no entry that would leave the directory in which it is unpacked.
pub(super) fn check(path: &Path, base: &str) -> Result<(), TarballError> {
    let (file, _) = source::open(path)?;
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::FileTooLarge => TarballError::TooMuch,
        _ => TarballError::NoArchive(error.to_string()),
    };
    let mut archive = tar::Archive::new(Bounded { inner: MultiGzDecoder::new(file), left: MAX_UNPACKED });
    let mut found = false;
    let mut unpacked = 0_u64;
    let mut tops = BTreeSet::new();
    // A long name, which precedes its entry. These are read here, with a limit.
    let mut long_name: Option<Vec<u8>> = None;
    for (count, entry) in archive.entries().map_err(unreadable)?.raw(true).enumerate() {
        if count >= MAX_ENTRIES {
            return Err(TarballError::TooMany);
        }
        let mut entry = entry.map_err(unreadable)?;
        let kind = entry.header().entry_type();
        // The size is checked before unpacking.
        let size = entry.header().size().or_else(|_| entry.header().entry_size()).map_err(unreadable)?;
        unpacked = unpacked.saturating_add(size);
        if unpacked > MAX_UNPACKED && !is_about_next(kind) {
            return Err(TarballError::TooMuch);
        }
        if is_about_next(kind) {
            let size = entry.header().entry_size().map_err(unreadable)?;
            if size > MAX_NAME {
                return Err(TarballError::LongName(size));
            }
            let mut content = Vec::new();
            entry.by_ref().take(MAX_NAME).read_to_end(&mut content).map_err(unreadable)?;
            if kind.is_gnu_longname() {
                long_name = Some(content.split(|byte| *byte == 0).next().unwrap_or_default().to_vec());
            } else if kind.is_pax_local_extensions() {
                long_name = pax_path(&content).or(long_name);
            }
            continue;
        }
        let path = match long_name.take() {
            Some(name) => PathBuf::from(OsString::from_vec(name)),
            None => entry.header().path().map_err(unreadable)?.into_owned(),
        };
        let mut parts = Vec::new();
        for component in path.components() {
            match component {
                Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
                Component::CurDir => {}
                _ => {
                    return Err(TarballError::Elsewhere(shown(&path.to_string_lossy())));
                }
            }
        }
        let is_file = kind.is_file() || kind.is_symlink();
        found |= is_file && parts.len() == 2 && parts[0] == base && parts[1] == "run.sh";
        tops.extend(parts.into_iter().next());
    }
    if found {
        return Ok(());
    }
    const SHOW: usize = 5;
    let mut holds: Vec<String> = tops.iter().take(SHOW).map(|top| shown(top)).collect();
    if tops.len() > SHOW {
        holds.push("…".to_owned());
    }
    let holds = if tops.is_empty() { "nothing".to_owned() } else { holds.join(", ") };
    Err(if tops.contains(base) {
        TarballError::NoProgram(base.to_owned())
    } else {
        TarballError::NoFolder { base: base.to_owned(), holds }
    })
}

/// Returns whether an entry of this type only describes the following ones.
fn is_about_next(kind: tar::EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

/// Returns the path in pax records (`LENGTH KEY=VALUE`).
fn pax_path(records: &[u8]) -> Option<Vec<u8>> {
    let mut rest = records;
    let mut path = None;
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?;
        path = record.strip_prefix(b"path=").map(|value| value.strip_suffix(b"\n").unwrap_or(value).to_vec()).or(path);
        rest = rest.get(length..)?;
    }
    path
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn tarball(directory: &Path, entries: &[&str]) -> std::path::PathBuf {
        let path = directory.join("agent.tar.gz");
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast()));
        for name in entries {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(2);
            header.set_cksum();
            builder.append(&header, &b"x\n"[..]).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap();
        path
    }

    #[test]
    fn only_a_folder_of_its_own_name_with_run_sh_will_do() {
        let directory = tempfile::tempdir().unwrap();
        let result = |entries: &[&str]| check(&tarball(directory.path(), entries), "agent").map_err(|e| e.to_string());
        assert_eq!(result(&["agent/run.sh", "agent/lib/x"]), Ok(()));
        assert_eq!(result(&["./agent/run.sh"]), Ok(()));
        assert_eq!(result(&["other/run.sh", "x"]).unwrap_err(), "must hold agent/run.sh; it holds other, x");
        assert_eq!(result(&["agent/start"]).unwrap_err(), "must hold agent/run.sh; its folder agent has no run.sh");
        assert_eq!(result(&[]).unwrap_err(), "must hold agent/run.sh; it holds nothing");
        assert!(result(&["agent/run.sh", "../evil"]).unwrap_err().contains("unpacked elsewhere"));
        let plain = directory.path().join("plain.tar.gz");
        std::fs::write(&plain, "#!/bin/sh\n").unwrap();
        assert!(check(&plain, "plain").unwrap_err().to_string().starts_with("is no gzipped tar archive"));
    }

    /// Writes a tarball of raw records, each with its type, its claimed size, and its content.
    fn raw(directory: &Path, records: &[(tar::EntryType, &str, u64, &[u8])]) -> PathBuf {
        use std::io::Write as _;
        let path = directory.join("raw.tar.gz");
        let mut packed = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        for (kind, name, size, content) in records {
            let mut header = tar::Header::new_gnu();
            header.set_path(name).unwrap();
            header.set_entry_type(*kind);
            header.set_size(*size);
            header.set_cksum();
            packed.write_all(header.as_bytes()).unwrap();
            packed.write_all(content).unwrap();
            packed.write_all(&vec![0; content.len().next_multiple_of(512) - content.len()]).unwrap();
        }
        packed.write_all(&[0; 1024]).unwrap();
        packed.finish().unwrap();
        path
    }

    #[test]
    fn long_names_are_read_and_endless_ones_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = tar::EntryType::Regular;
        let name = format!("raw/{}/x\0", "a".repeat(300));
        let long = (tar::EntryType::GNULongName, "././@LongLink", name.len() as u64, name.as_bytes());
        let run: (_, _, _, &[u8]) = (file, "raw/run.sh", 2, b"x\n");
        assert_eq!(check(&raw(directory.path(), &[long, (file, "cut", 0, b""), run]), "raw"), Ok(()));
        // The name belongs to the next entry only.
        let evil = (tar::EntryType::GNULongName, "././@LongLink", 8, b"../evil\0".as_slice());
        assert!(
            check(&raw(directory.path(), &[evil, run]), "raw") == Err(TarballError::Elsewhere("../evil".to_owned()))
        );
        let path = b"18 path=raw/run.sh\n".as_slice();
        let pax = (tar::EntryType::XHeader, "pax", path.len() as u64, path);
        assert_eq!(
            check(&raw(directory.path(), &[pax, (file, "short", 0, b"")]), "raw"),
            Err(TarballError::NoFolder { base: "raw".to_owned(), holds: "short".to_owned() })
        );
        let path = b"19 path=raw/run.sh\n".as_slice();
        let pax = (tar::EntryType::XHeader, "pax", path.len() as u64, path);
        assert_eq!(check(&raw(directory.path(), &[pax, (file, "short", 0, b"")]), "raw"), Ok(()));
        for kind in [
            tar::EntryType::GNULongName,
            tar::EntryType::GNULongLink,
            tar::EntryType::XHeader,
            tar::EntryType::XGlobalHeader,
        ] {
            let refused = check(&raw(directory.path(), &[(kind, "x", 1 << 31, b""), run]), "raw").unwrap_err();
            assert_eq!(refused.to_string(), "holds a name of 2147483648 bytes; the limit is 65536");
        }
    }

    #[test]
    fn what_unpacks_to_too_much_says_so() {
        let mut bounded = Bounded { inner: std::io::repeat(0), left: 10 };
        let mut buffer = [0; 4];
        assert!((0..2).all(|_| bounded.read(&mut buffer).is_ok()));
        assert_eq!(bounded.read(&mut buffer).unwrap_err().to_string(), "unpacks to more than 2048 MiB, the limit");
    }

    #[test]
    fn what_says_that_it_unpacks_to_too_much_is_not_unpacked() {
        let directory = tempfile::tempdir().unwrap();
        let too_much = Err(TarballError::TooMuch);
        let file = tar::EntryType::Regular;
        // The content is missing; only the entries claim it.
        let whole = raw(directory.path(), &[(file, "raw/run.sh", 2, b"x\n"), (file, "raw/zero", 3 << 30, b"")]);
        assert_eq!(check(&whole, "raw"), too_much);
        let parts = raw(directory.path(), &[(file, "raw/run.sh", 2, b"x\n"), (file, "raw/zero", 1 << 31, b"")]);
        assert_eq!(check(&parts, "raw"), too_much);
        let sparse = raw(directory.path(), &[(tar::EntryType::GNUSparse, "raw/run.sh", 3 << 30, b"")]);
        assert_eq!(check(&sparse, "raw"), too_much);
        // A truncated archive is reported as such.
        let path = tarball(directory.path(), &["agent/run.sh", "agent/more"]);
        let packed = std::fs::read(&path).unwrap();
        std::fs::write(&path, &packed[..packed.len() / 2]).unwrap();
        assert!(matches!(check(&path, "agent"), Err(TarballError::NoArchive(_))));
    }
}
