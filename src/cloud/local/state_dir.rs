//! The directory of a local cloud: its layout.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::file_error::failed;
use super::locks::{LockFile, LockScope};
use super::tombstone::Cache;
use crate::annex::AnnexId;
use crate::host::host_id;
use crate::os::{
    Durability, FileLock, check_own_directory, digest_hex, make_private_directory, random_hex, read_own, remedy,
    write_whole,
};
use crate::provider::{CloudError, CloudErrorKind};

/// The directory of a local cloud. All returned paths are absolute and free of links.
///
/// A missing directory is only created by a launch: it may have been moved away, and may come back.
#[derive(Clone, Debug)]
pub(super) struct StateDir {
    path: PathBuf,
    /// A random id, so that two clouds of one machine never use the same instance id; read on first use.
    id: Arc<OnceLock<String>>,
    ledger: Arc<Mutex<Cache>>,
}

/// The prefix of the names of instances' and annexes' directories that are being removed.
const GONE: &str = ".gone-";

/// The directory of the records of started instances, outside the instances' directories, which may be moved or
/// emptied.
const BEGUN: &str = "begun";

/// The number of digits of a cloud's id.
const ID_DIGITS: usize = 32;

/// The directory of all annexes.
const ANNEXES: &str = "annexes";

impl StateDir {
    /// Opens the cloud in `path`.
    pub(super) fn open(path: &Path) -> Result<Self, CloudError> {
        let unfit = |path: &Path, error: io::Error| {
            let error = CloudError::new(CloudErrorKind::Rejected, format!("cannot use the local cloud: {error}"));
            remedy(path).into_iter().fold(error, CloudError::hint)
        };
        check_own_directory(path).map_err(|error| unfit(path, error))?;
        let path = without_links(path).map_err(|error| failed("find the local cloud in", path, &error))?;
        if path.to_str().is_none() {
            // Plans, programs' arguments and messages to inits are text.
            let error = io::Error::new(io::ErrorKind::InvalidFilename, "its path is not UTF-8");
            return Err(failed("open the local cloud in", &path, &error));
        }
        let root = Self { path, id: Arc::default(), ledger: Arc::default() };
        for directory in root.directories() {
            check_own_directory(&directory).map_err(|error| unfit(&directory, error))?;
        }
        LockFile::of(&root.path).check()?;
        Ok(root)
    }

    /// Creates the missing directories of the cloud.
    pub(super) fn make(&self) -> Result<(), CloudError> {
        std::iter::once(self.path.clone()).chain(self.directories()).try_for_each(|directory| {
            make_private_directory(&directory).map_err(|error| failed("make", &directory, &error))
        })
    }

    fn directories(&self) -> [PathBuf; 4] {
        [self.instances(), self.reservations(), self.all_begun(), self.annexes()]
    }

    /// Waits for the lock; fails if its holder will not release it.
    pub(super) fn lock(&self, scope: LockScope<'_>) -> Result<FileLock, CloudError> {
        LockFile::of(&self.path).lock(scope, || self.make())
    }

    /// Takes the lock, unless another process holds it.
    pub(super) fn try_lock(&self, scope: LockScope<'_>) -> Result<Option<FileLock>, CloudError> {
        LockFile::of(&self.path).try_lock(scope, || self.make())
    }

    /// Returns the cloud's id, creating it if missing.
    fn id(&self) -> Result<&str, CloudError> {
        if let Some(id) = self.id.get() {
            return Ok(id);
        }
        self.make()?;
        let id = match self.known_id()? {
            Some(id) => id,
            None => {
                // Of two processes that create the cloud at once, one writes and the other reads.
                let _lock = self.lock(LockScope::Ledger)?;
                let (file, copy) = self.id_files();
                let id = match self.known_id()? {
                    Some(id) => id,
                    None => self.one_id(&file)?.or(self.one_id(&copy)?).map_or_else(
                        || random_hex(ID_DIGITS / 2).map_err(|error| failed("make an id for", &self.path, &error)),
                        Ok,
                    )?,
                };
                for file in [file, copy] {
                    write_whole(&file, id.as_bytes(), 0o600, Durability::Power)
                        .map_err(|error| failed("write", &file, &error))?;
                }
                id
            }
        };
        Ok(self.id.get_or_init(|| id))
    }

    /// Returns the id, if recorded. It is in two files: one may be lost or damaged, and earlier versions wrote only
    /// one.
    fn known_id(&self) -> Result<Option<String>, CloudError> {
        let (file, copy) = self.id_files();
        match (self.one_id(&file)?, self.one_id(&copy)?) {
            (Some(id), Some(same)) if id == same => Ok(Some(id)),
            (Some(_), Some(_)) => {
                let message = format!("{} and {} differ", file.display(), copy.display());
                Err(CloudError::new(CloudErrorKind::Rejected, message).hint(
                    "new ids are made of it: remove the one that was changed last (ls -l), and hoist writes it anew from the other",
                ))
            }
            _ => Ok(None),
        }
    }

    /// Returns the content of one of its files, if that is an id.
    fn one_id(&self, file: &Path) -> Result<Option<String>, CloudError> {
        let content = read_own(file).map_err(|error| failed("read", file, &error))?;
        let id = content.and_then(|content| String::from_utf8(content).ok());
        Ok(id.filter(|id| id.len() == ID_DIGITS && id.bytes().all(|digit| digit.is_ascii_hexdigit())))
    }

    fn id_files(&self) -> (PathBuf, PathBuf) {
        (self.path.join("cloud-id"), self.path.join("cloud-id.copy"))
    }

    /// Returns the id of the instance at `index` of the launch with `token`: always the same until this machine
    /// restarts, and not predictable by others.
    pub(super) fn instance_id(&self, token: &str, index: usize, isolated: bool) -> Result<String, CloudError> {
        Ok(host_id(isolated, &[self.id()?.as_bytes(), token.as_bytes(), &(index as u64).to_le_bytes()]))
    }

    /// Returns an instance's directory.
    pub(super) fn instance(&self, id: &str) -> PathBuf {
        self.instances().join(id)
    }

    /// Returns the directory of all instances.
    pub(super) fn instances(&self) -> PathBuf {
        self.path.join("instances")
    }

    /// Returns the directory of this cloud.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the directory of the records of started instances.
    pub(super) fn all_begun(&self) -> PathBuf {
        self.path.join(BEGUN)
    }

    /// Returns the file that records the start of an instance.
    pub(super) fn begun(&self, id: &str) -> PathBuf {
        self.all_begun().join(id)
    }

    /// Returns the path to which an instance's directory is moved before its removal.
    pub(super) fn gone(&self, id: &str) -> PathBuf {
        self.instances().join(format!("{GONE}{id}"))
    }

    /// Returns the id of the instance that owns the entry `name` of the instances' directory.
    pub(super) fn id_of(name: &str) -> &str {
        name.strip_prefix(GONE).unwrap_or(name)
    }

    /// Returns the directory of all reservations.
    pub(super) fn reservations(&self) -> PathBuf {
        self.path.join("reservations")
    }

    /// The extension of reservation files; files with other names were moved aside.
    pub(super) const RESERVED: &str = ".json";

    /// Returns the name of the file of the reservation with `token`.
    pub(super) fn reservation_name(token: &str) -> String {
        format!("{}{}", digest_hex(&[token.as_bytes()], 32), Self::RESERVED)
    }

    /// Returns the file of the reservation with `token`.
    pub(super) fn reservation(&self, token: &str) -> PathBuf {
        self.reservations().join(Self::reservation_name(token))
    }

    /// Returns the directory of all annexes.
    pub(super) fn annexes(&self) -> PathBuf {
        self.path.join(ANNEXES)
    }

    /// Returns an annex's directory; names contain no dot.
    pub(super) fn annex(&self, id: &AnnexId) -> PathBuf {
        self.annexes().join(format!("{}.{}", id.name, id.nonce))
    }

    /// Returns the path to which an annex's directory is moved before its removal.
    pub(super) fn gone_annex(&self, id: &AnnexId) -> PathBuf {
        self.annexes().join(format!("{GONE}{}.{}", id.name, id.nonce))
    }

    /// Returns the annex that owns the entry `name` of the annexes' directory.
    pub(super) fn annex_of(name: &str) -> Option<AnnexId> {
        let (name, nonce) = Self::id_of(name).split_once('.')?;
        AnnexId::of_tag(&format!("{name}/{nonce}"))
    }

    /// Returns the annexes that have a directory, including those that are being removed.
    pub(super) fn all_annexes(&self) -> Result<Vec<AnnexId>, CloudError> {
        let path = self.annexes();
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.map_err(|error| failed("list", &path, &error))?,
        };
        let mut found: Vec<AnnexId> =
            entries.flatten().filter_map(|entry| Self::annex_of(entry.file_name().to_str()?)).collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Returns the ledger's file.
    pub(super) fn ledger(&self) -> PathBuf {
        self.path.join("terminated.jsonl")
    }

    /// Returns the cached content of the ledger.
    pub(super) fn ledger_cache(&self) -> &Mutex<Cache> {
        &self.ledger
    }
}

/// Resolves links in a path of which the last parts may be missing.
fn without_links(path: &Path) -> io::Result<PathBuf> {
    match (fs::canonicalize(path), path.parent(), path.file_name()) {
        (Err(error), Some(parent), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(without_links(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?.join(name))
        }
        (found, ..) => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_those_of_ec2_and_differ_between_clouds() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (first, second) = (StateDir::open(one.path()).unwrap(), StateDir::open(other.path()).unwrap());
        let id = first.instance_id("token", 0, true).unwrap();
        assert_eq!(id.len(), 19);
        assert!(id.strip_prefix("i-").unwrap().chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(id, StateDir::open(one.path()).unwrap().instance_id("token", 0, true).unwrap());
        assert_ne!(id, second.instance_id("token", 0, true).unwrap());
        assert_ne!(id, first.instance_id("token", 1, true).unwrap());
    }

    #[test]
    fn a_damaged_id_is_written_anew_from_its_copy_and_two_that_differ_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let id = || StateDir::open(directory.path()).unwrap().instance_id("token", 0, true);
        let first = id().unwrap();
        let (file, copy) = StateDir::open(directory.path()).unwrap().id_files();
        for damage in ["", "nonsense", "\u{fffd}"] {
            for file in [&file, &copy] {
                fs::write(file, damage).unwrap();
                assert_eq!(id().unwrap(), first);
                assert_eq!(fs::read(file).unwrap().len(), ID_DIGITS);
            }
        }
        fs::write(&copy, "0".repeat(ID_DIGITS)).unwrap();
        let refused = id().unwrap_err();
        assert!(refused.message.contains("cloud-id.copy differ") && refused.hint.is_some(), "{refused}");
    }

    #[test]
    fn nothing_is_made_by_a_look() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("cloud");
        let root = StateDir::open(&place).unwrap();
        assert!(!place.exists());
        root.make().unwrap();
        assert!(root.instances().is_dir());
    }
}
