//! The directory of a local cloud: what lies where in it, and who may change what when.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::ledger::Cache;
use crate::annex::AnnexId;
use crate::engine::{CloudError, CloudErrorKind};
use crate::host::{Durability, FileLock, digest_hex, make_private_directory, random_hex, read_if_there, write_whole};

/// The directory of a local cloud. All paths that it gives are absolute and free of links.
#[derive(Clone, Debug)]
pub(super) struct Root {
    path: PathBuf,
    /// Random, so that two clouds of one machine never give the same id.
    id: String,
    ledger: Arc<Mutex<Cache>>,
}

/// What a lock keeps others from doing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<'a> {
    /// Changing the ledger.
    Ledger,
    /// The reservation in the file of this name, and launching for it.
    Reservation(&'a str),
    /// Starting or ending this instance.
    Instance(&'a str),
    /// All annexes of this name.
    Annex(&'a str),
}

/// The file whose bytes are locked.
const LOCKS: &str = "locks";

/// A name in the instances' and in the annexes' directory that begins so is of one that is being removed.
const GONE: &str = ".gone-";

/// The directory of all annexes.
const ANNEXES: &str = "annexes";

impl Root {
    /// Opens the cloud in `path`, making it where there is none.
    pub(super) fn open(path: &Path) -> Result<Self, CloudError> {
        let open = || -> io::Result<Self> {
            make_private_directory(path)?;
            let path = fs::canonicalize(path)?;
            if path.to_str().is_none() {
                // Plans, programs' arguments and what is said to inits are text.
                return Err(io::Error::new(io::ErrorKind::InvalidFilename, "its path is not UTF-8"));
            }
            for directory in ["instances", "reservations", ANNEXES] {
                make_private_directory(&path.join(directory))?;
            }
            let id = Self::id(&path)?;
            Ok(Self { path, id, ledger: Arc::default() })
        };
        open().map_err(|error| failed("open the local cloud in", path, &error))
    }

    fn id(root: &Path) -> io::Result<String> {
        let file = root.join("cloud-id");
        let read = || match read_if_there(&file)? {
            Some(id) => String::from_utf8(id).map(Some).map_err(|_| io::Error::other("its cloud-id is damaged")),
            None => Ok(None),
        };
        if let Some(id) = read()? {
            return Ok(id);
        }
        // Of two that make the cloud at once, one writes and the other reads.
        let _lock = FileLock::wait_range(&root.join(LOCKS), Scope::Ledger.offset(), 1)?;
        if let Some(id) = read()? {
            return Ok(id);
        }
        let id = random_hex(16)?;
        write_whole(&file, id.as_bytes(), 0o600, Durability::Power)?;
        Ok(id)
    }

    /// The id of the instance at `index` of the launch with `token`: always the same, and known to nobody else.
    pub(super) fn instance_id(&self, token: &str, index: usize) -> String {
        let digest = digest_hex(&[self.id.as_bytes(), token.as_bytes(), &(index as u64).to_le_bytes()], 17);
        format!("i-{digest}")
    }

    /// An instance's directory.
    pub(super) fn instance(&self, id: &str) -> PathBuf {
        self.instances().join(id)
    }

    /// The directory of all instances.
    pub(super) fn instances(&self) -> PathBuf {
        self.path.join("instances")
    }

    /// Where an instance's directory is moved before it is removed.
    pub(super) fn gone(&self, id: &str) -> PathBuf {
        self.instances().join(format!("{GONE}{id}"))
    }

    /// The id of the instance that the entry `name` of the instances' directory belongs to.
    pub(super) fn id_of(name: &str) -> &str {
        name.strip_prefix(GONE).unwrap_or(name)
    }

    /// The directory of all reservations.
    pub(super) fn reservations(&self) -> PathBuf {
        self.path.join("reservations")
    }

    /// The name of the file of the reservation with `token`.
    pub(super) fn reservation_name(token: &str) -> String {
        format!("{}.json", digest_hex(&[token.as_bytes()], 32))
    }

    /// The file of the reservation with `token`.
    pub(super) fn reservation(&self, token: &str) -> PathBuf {
        self.reservations().join(Self::reservation_name(token))
    }

    /// The directory of all annexes.
    pub(super) fn annexes(&self) -> PathBuf {
        self.path.join(ANNEXES)
    }

    /// An annex's directory: no name holds the dot.
    pub(super) fn annex(&self, id: &AnnexId) -> PathBuf {
        self.annexes().join(format!("{}.{}", id.name, id.nonce))
    }

    /// Where an annex's directory is moved before it is removed.
    pub(super) fn gone_annex(&self, id: &AnnexId) -> PathBuf {
        self.annexes().join(format!("{GONE}{}.{}", id.name, id.nonce))
    }

    /// The annex that the entry `name` of the annexes' directory belongs to.
    pub(super) fn annex_of(name: &str) -> Option<AnnexId> {
        let (name, nonce) = Self::id_of(name).split_once('.')?;
        AnnexId::of_tag(&format!("{name}/{nonce}"))
    }

    /// The file that tells what was terminated.
    pub(super) fn ledger(&self) -> PathBuf {
        self.path.join("terminated.jsonl")
    }

    /// What was read of that file.
    pub(super) fn ledger_cache(&self) -> &Mutex<Cache> {
        &self.ledger
    }

    /// Waits until nobody else holds the lock.
    pub(super) fn lock(&self, scope: Scope<'_>) -> Result<FileLock, CloudError> {
        let file = self.path.join(LOCKS);
        FileLock::wait_range(&file, scope.offset(), 1).map_err(|error| failed("lock", &file, &error))
    }

    /// The lock, unless somebody else holds it.
    pub(super) fn try_lock(&self, scope: Scope<'_>) -> Result<Option<FileLock>, CloudError> {
        let file = self.path.join(LOCKS);
        FileLock::try_range(&file, scope.offset(), 1).map_err(|error| failed("lock", &file, &error))
    }
}

impl Scope<'_> {
    /// Its byte of the lock file. Two names that share one only wait for each other without need.
    fn offset(self) -> i64 {
        let number = |name: &str| i64::from_str_radix(&digest_hex(&[name.as_bytes()], 10), 16).unwrap_or_default();
        // Each kind has its own stretch: one is held while another is waited for.
        match self {
            Self::Ledger => 0,
            Self::Reservation(file) => (1 << 48) + number(file),
            Self::Instance(id) => (2 << 48) + number(id),
            Self::Annex(name) => (3 << 48) + number(name),
        }
    }
}

/// A failure of the file system, which repeating the call does not mend.
pub(super) fn failed(doing: &str, path: &Path, error: &io::Error) -> CloudError {
    let failure = CloudError::new(CloudErrorKind::Refused, format!("cannot {doing} {}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::PermissionDenied => failure.hint("check who owns it: each user has a local cloud of their own"),
        io::ErrorKind::InvalidFilename => failure.hint("choose another place with --state or HOIST_STATE"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure.hint("free some disk space and repeat the command")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_those_of_ec2_and_differ_between_clouds() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (first, second) = (Root::open(one.path()).unwrap(), Root::open(other.path()).unwrap());
        let id = first.instance_id("token", 0);
        assert_eq!(id.len(), 19);
        assert!(id.strip_prefix("i-").unwrap().chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(id, Root::open(one.path()).unwrap().instance_id("token", 0));
        assert_ne!(id, second.instance_id("token", 0));
        assert_ne!(id, first.instance_id("token", 1));
    }

    #[test]
    fn locks_of_different_things_do_not_meet() {
        let directory = tempfile::tempdir().unwrap();
        let root = Root::open(directory.path()).unwrap();
        let held = root.lock(Scope::Reservation("a")).unwrap();
        assert!(root.try_lock(Scope::Reservation("a")).unwrap().is_none());
        assert!(root.try_lock(Scope::Instance("a")).unwrap().is_some());
        assert!(root.try_lock(Scope::Ledger).unwrap().is_some());
        drop(held);
        assert!(root.try_lock(Scope::Reservation("a")).unwrap().is_some());
    }
}
