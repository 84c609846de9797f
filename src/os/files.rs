//! Writing files atomically, and removing trees despite their permissions.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::os::make_own_directory;

/// Whether a write must survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Survives the end of any process, as every write does.
    Process,
    /// Survives a power cut, too.
    Power,
}

/// The suffix of the temporary file of [`write_whole`].
pub(crate) const UNFINISHED: &str = ".new";

/// The maximum size in bytes of a host's own files. The largest is its configuration, which holds its user data.
const OWN_LIMIT: u64 = 64 * 1024 * 1024;

/// Writes a file atomically. The caller must ensure that no two writers use the same file at once. A killed writer
/// leaves `.NAME.new` behind, which is removed first, so that nothing planted there is written through.
pub(crate) fn write_whole(path: &Path, content: &[u8], mode: u32, durability: Durability) -> io::Result<()> {
    let unfinished = unfinished(path);
    let written = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
        let mut file = match options.open(&unfinished) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                fs::remove_file(&unfinished)?;
                options.open(&unfinished)?
            }
            opened => opened?,
        };
        file.write_all(content)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        if durability == Durability::Power {
            file.sync_data()?;
        }
        drop(file);
        fs::rename(&unfinished, path)?;
        if durability == Durability::Power
            && let Some(parent) = path.parent()
        {
            fs::File::open(parent)?.sync_all()?;
        }
        Ok(())
    })();
    if written.is_err() {
        // The first error is reported; a leftover temporary file is harmless.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Returns the path of the temporary file of [`write_whole`].
fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(UNFINISHED);
    path.with_file_name(name)
}

/// Writes a file that a user named atomically; several processes may do so at once. A new file has `mode`, less the
/// bits of the umask.
pub(crate) fn write_named(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}{UNFINISHED}", std::process::id()));
    let unfinished = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&unfinished)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // A partly written file must not stay; the first error is the relevant one.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Removes a file of [`write_whole`], and the temporary file of a killed writer. Missing files are no error. The caller
/// must ensure that nobody writes it at the same time.
pub(crate) fn remove_whole(path: &Path) -> io::Result<()> {
    for path in [path, &unfinished(path)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Makes a directory that only its owner may enter. An existing one must be ours.
pub(crate) fn make_private_directory(path: &Path) -> io::Result<()> {
    make_own_directory(path)
}

/// Like [`make_private_directory`], but fails if the parent does not exist, so that a removed one is not made again,
/// and accepts whatever exists under this name. So the parent must be a directory of ours that nobody else may write,
/// such as that of an instance: whoever could plant something there has our rights already.
pub(crate) fn make_private_directory_in_place(path: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Reads a whole file. Returns `None` if it does not exist.
pub(crate) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a whole file of ours that others may have replaced. Returns `None` if it does not exist. Other than regular
/// files, such as an endless pipe, are errors of the kind [`io::ErrorKind::InvalidData`].
pub(crate) fn read_own(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match open_regular(path, nix::libc::O_NOFOLLOW) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut content = Vec::new();
    file.take(OWN_LIMIT + 1).read_to_end(&mut content)?;
    if content.len() as u64 > OWN_LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than anything that hoist writes there"));
    }
    Ok(Some(content))
}

/// Opens a regular file to read it, with these further flags; waits for nobody who would write to a pipe.
fn open_regular(path: &Path, flags: i32) -> io::Result<fs::File> {
    let irregular = || io::Error::new(io::ErrorKind::InvalidData, "it is no regular file");
    let waits_not = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;
    match OpenOptions::new().read(true).custom_flags(waits_not | flags).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(_) => Err(irregular()),
        Err(error) if matches!(error.raw_os_error(), Some(nix::libc::ELOOP | nix::libc::ENXIO)) => Err(irregular()),
        Err(error) => Err(error),
    }
}

/// Removes a directory tree or file, including directories that their owner may not write. Refuses trees with mounts,
/// which may be anything. An error names the path that could not be removed.
pub(crate) fn remove_tree(path: &Path) -> Result<(), (PathBuf, io::Error)> {
    if let Some(mounted) = mounted_below(path) {
        return Err((mounted, io::Error::other("something is mounted there; unmount it first")));
    }
    // Twice, since the first failure may be due to permissions that we can change.
    match remove_once(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err((path.to_owned(), error)),
        Err(_) => {}
    }
    make_writable(path)?;
    remove_once(path).map_err(|error| (first_unremovable(path), error))
}

/// Returns a mount point at or below `path`.
fn mounted_below(path: &Path) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    mounts.lines().filter_map(|line| Some(unescape(line.split(' ').nth(4)?))).find(|place| place.starts_with(path))
}

/// Decodes a path in the kernel's lists, which contain white space and backslashes as octal escapes.
fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.filter(|_| first == b'\\').and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

fn remove_once(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Gives the owner permission to list and change every directory of the tree.
fn make_writable(path: &Path) -> Result<(), (PathBuf, io::Error)> {
    let mut pending = vec![path.to_owned()];
    while let Some(directory) = pending.pop() {
        let failed = |error| (directory.clone(), error);
        let metadata = match fs::symlink_metadata(&directory) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        if !metadata.is_dir() {
            continue;
        }
        let mode = metadata.permissions().mode();
        if mode & 0o700 != 0o700 {
            fs::set_permissions(&directory, Permissions::from_mode(mode | 0o700)).map_err(failed)?;
        }
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Returns a path below `path` that still exists, for the error: the first entry, followed to the deepest level.
fn first_unremovable(path: &Path) -> PathBuf {
    let mut found = path.to_owned();
    while let Some(Ok(entry)) = fs::read_dir(&found).ok().and_then(|mut entries| entries.next()) {
        found = entry.path();
    }
    found
}

/// Returns the last `limit` bytes of the first `end` bytes of a file, as text. Other than regular files, such as a pipe
/// that nobody writes to, are errors of the kind [`io::ErrorKind::InvalidData`].
pub(crate) fn tail(path: &Path, end: u64, limit: usize) -> io::Result<String> {
    use std::io::{Seek as _, SeekFrom};
    let mut file = open_regular(path, 0)?;
    let end = end.min(file.metadata()?.len());
    let from = end.saturating_sub(limit as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::with_capacity(usize::try_from(end - from).unwrap_or(limit));
    file.take(end - from).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Fills a buffer with random bytes of the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    fs::File::open("/dev/urandom")?.read_exact(bytes)
}

/// Returns `count` random bytes in hexadecimal.
pub(crate) fn random_hex(count: usize) -> io::Result<String> {
    let mut bytes = vec![0; count];
    fill_random(&mut bytes)?;
    Ok(hex::encode(&bytes))
}

/// Returns the first `digits` hexadecimal digits of the SHA-256 of `parts`, each prefixed with its length.
pub(crate) fn digest_hex(parts: &[&[u8]], digits: usize) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut text = hex::encode(hasher.finalize());
    text.truncate(digits);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_writer_left_goes_with_the_file() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("record");
        // Killed before it put the first file in place, then before the second.
        for is_there in [false, true] {
            if is_there {
                write_whole(&file, b"one", 0o600, Durability::Process).unwrap();
            }
            fs::write(root.path().join(".record.new"), "half").unwrap();
            remove_whole(&file).unwrap();
            assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "{is_there}");
        }
        remove_whole(&file).unwrap();
        assert!(remove_whole(&root.path().join("record/below")).is_ok());
        fs::create_dir(&file).unwrap();
        assert!(remove_whole(&file).is_err(), "it is no file");
    }

    #[test]
    fn read_only_directories_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "x").unwrap();
        for locked in ["a/b/c", "a/b", "a"] {
            fs::set_permissions(root.path().join(locked), Permissions::from_mode(0o500)).unwrap();
        }
        remove_tree(&root.path().join("a")).unwrap();
        assert!(!root.path().join("a").exists());
        remove_tree(&root.path().join("a")).unwrap();
    }

    #[test]
    fn a_link_is_removed_and_what_it_points_to_stays() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("kept")).unwrap();
        fs::write(root.path().join("kept/file"), "x").unwrap();
        fs::create_dir(root.path().join("tree")).unwrap();
        std::os::unix::fs::symlink(root.path().join("kept"), root.path().join("tree/link")).unwrap();
        remove_tree(&root.path().join("tree")).unwrap();
        assert!(root.path().join("kept/file").exists());
    }

    #[test]
    fn what_is_mounted_is_not_removed() {
        // Mounted on every Linux system.
        assert_eq!(mounted_below(Path::new("/proc")).as_deref(), Some(Path::new("/proc")));
        assert!(remove_tree(Path::new("/proc")).unwrap_err().1.to_string().contains("mounted"));
        assert_eq!(unescape("/a\\040b\\134c\\09"), Path::new("/a b\\c\\09"));
    }

    #[test]
    fn the_tail_is_the_end_of_what_was_there() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("out");
        fs::write(&file, "0123456789").unwrap();
        assert_eq!(tail(&file, 8, 3).unwrap(), "567");
        assert_eq!(tail(&file, 100, 100).unwrap(), "0123456789");
        let pipe = root.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
        for irregular in [pipe.as_path(), root.path(), Path::new("/dev/null")] {
            assert_eq!(tail(irregular, 8, 3).unwrap_err().kind(), io::ErrorKind::InvalidData, "{irregular:?}");
        }
    }

    #[test]
    fn digests_keep_parts_apart() {
        assert_ne!(digest_hex(&[b"ab", b"c"], 17), digest_hex(&[b"a", b"bc"], 17));
        assert_eq!(digest_hex(&[b"a"], 17).len(), 17);
    }
}
