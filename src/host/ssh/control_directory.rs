//! The directory of the sockets of open connections.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;

use crate::os::processes::signal;
use crate::os::{FileLock, random_hex, remove_tree};

/// The maximum length of this directory's path: a socket's path has at most 107 bytes, 57 of which are the connection's
/// own part below the directory.
const LONGEST: usize = 50;

/// Locked while directories are made or removed.
const LOCK: &str = "lock";

/// A private directory for the sockets of this process's connections. Its path is short, since theirs are limited.
/// Leftovers of killed processes beside it are removed.
#[derive(Debug)]
pub(super) struct ControlDirectory {
    path: PathBuf,
    _lock: FileLock,
}

impl ControlDirectory {
    /// Creates the directory.
    pub(super) fn new() -> io::Result<Self> {
        Self::new_in(&base())
    }

    fn new_in(base: &Path) -> io::Result<Self> {
        match fs::DirBuilder::new().mode(0o700).create(base) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let metadata = fs::symlink_metadata(base)?;
        if !metadata.is_dir() || metadata.uid() != nix::unistd::getuid().as_raw() || metadata.mode() & 0o077 != 0 {
            let message = format!("{} is not a directory that is yours alone; remove it", base.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        let _making = FileLock::wait_range(&base.join(LOCK), 0, 0)?;
        for entry in fs::read_dir(base)? {
            let lock_path = entry?.path();
            if lock_path.extension().is_some_and(|extension| extension == LOCK)
                && let Some(_theirs) = FileLock::try_whole(&lock_path)?
            {
                // Connections that are still open there end by themselves.
                let _ = remove_tree(&lock_path.with_extension(""));
                let _ = fs::remove_file(&lock_path);
            }
        }
        let path = base.join(random_hex(4)?);
        let lock_path = path.with_extension(LOCK);
        let lock = FileLock::try_whole(&lock_path)?.ok_or(io::ErrorKind::AlreadyExists)?;
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Returns the directory's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl ControlDirectory {
    /// Ends every ssh that uses a socket in this directory, such as one whose connection was still being opened when it
    /// was no longer needed. Returns their number. Without `/proc`, they end by themselves a minute later.
    pub(super) fn end_connections(&self) -> usize {
        let path = self.path.as_os_str().as_encoded_bytes();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ours = entries.filter_map(|entry| {
            let process: i32 = entry.file_name().to_str()?.parse().ok()?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let names_it = line.windows(path.len()).any(|window| window == path);
            (names_it && line.starts_with(b"ssh")).then_some(process)
        });
        ours.filter(|&process| signal(process, Signal::SIGTERM)).count()
    }
}

impl Drop for ControlDirectory {
    fn drop(&mut self) {
        // Leftovers are removed by the next process.
        let _ = remove_tree(&self.path);
        let _ = fs::remove_file(self.path.with_extension(LOCK));
    }
}

fn base() -> PathBuf {
    let user = nix::unistd::getuid();
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(|directory| PathBuf::from(directory).join("hoist-ssh"));
    own.filter(|path| {
        path.is_absolute() && path.as_os_str().len() <= LONGEST && path.parent().is_some_and(Path::is_dir)
    })
    .unwrap_or_else(|| PathBuf::from(format!("/tmp/hoist-ssh-{user}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_the_dead_left_is_cleared_and_the_living_stay() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().join("ssh");
        let living = ControlDirectory::new_in(&base).unwrap();
        fs::create_dir(base.join("dead")).unwrap();
        fs::write(base.join("dead/master"), "").unwrap();
        fs::write(base.join("dead.lock"), "").unwrap();
        let second = ControlDirectory::new_in(&base).unwrap();
        assert!(living.path().is_dir() && second.path().is_dir());
        assert!(!base.join("dead").exists() && !base.join("dead.lock").exists());
        drop((living, second));
        assert_eq!(fs::read_dir(&base).unwrap().count(), 1, "only the lock is left");
    }

    #[test]
    fn a_directory_that_others_may_enter_is_refused() {
        let base = tempfile::tempdir().unwrap();
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(ControlDirectory::new_in(base.path()).unwrap_err().to_string().contains("yours alone"));
    }
}
