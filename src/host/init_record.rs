//! What is known of a host that was begun, kept outside its directory: that may be moved, emptied or removed, also from
//! within.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::process_identity::ProcessIdentity;
use crate::os::{Durability, files};

/// Whose a host's processes are: every one of them carries this, in [`super::DESCRIPTION`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedInstance {
    /// The directory of the cloud that it belongs to.
    pub(crate) root: PathBuf,
    /// The instance's tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// When it was launched.
    pub(crate) launched_at: Timestamp,
    /// Its position in the launch.
    pub(crate) index: usize,
}

/// A host that was begun. Written before its init is started, removed when nothing of it is left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct InitRecord {
    /// Which start of this machine it was begun in: no process lives through another one.
    pub(crate) boot: String,
    /// Whether it has a process namespace of its own, whose processes all end with its init.
    pub(crate) isolated: bool,
    /// The control group that all of its processes are in.
    pub(crate) cgroup: Option<PathBuf>,
    /// Why there is none.
    #[serde(default)]
    pub(crate) without: Option<String>,
    /// An earlier init of it was killed, and nobody saw what that one left behind.
    #[serde(default)]
    pub(crate) doubtful: bool,
    /// Since when there may be processes of it, in the kernel's ticks.
    #[serde(default)]
    pub(crate) since: u64,
    /// Who takes in what its inits leave behind when they are killed.
    #[serde(default)]
    pub(crate) reapers: Vec<ProcessIdentity>,
    /// Its init told once how it is asked.
    #[serde(default)]
    pub(crate) served: bool,
    /// The name of the user who launched it.
    #[serde(default)]
    pub(crate) described: Option<RecordedInstance>,
    /// Its end was proved, and was still to be recorded elsewhere.
    #[serde(default)]
    pub(crate) ended: bool,
}

impl InitRecord {
    /// Reads the record; `None` where nothing was begun. Of one that is damaged, nothing is known.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let damaged =
            || Self { boot: boot(), without: Some(format!("{} is damaged", path.display())), ..Self::default() };
        match files::read_own(path) {
            Ok(None) => Ok(None),
            Ok(Some(content)) => Ok(Some(serde_json::from_slice(&content).unwrap_or_else(|_| damaged()))),
            // Something else was put there.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some(damaged())),
            Err(error) => Err(error),
        }
    }

    /// Writes the record.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        files::write_whole(path, &serde_json::to_vec(self)?, 0o600, Durability::Process)
    }

    /// Whether this machine was started anew since.
    pub(crate) fn is_of_another_boot(&self) -> bool {
        self.boot != boot()
    }
}

/// What tells this start of this machine from every other; empty where the kernel does not say.
pub(crate) fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_proves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("begun");
        assert!(InitRecord::read(&path).unwrap().is_none());
        let begun = InitRecord { boot: "an earlier one".to_owned(), isolated: true, ..InitRecord::default() };
        begun.write(&path).unwrap();
        assert!(InitRecord::read(&path).unwrap().unwrap().is_of_another_boot());
        std::fs::write(&path, "{\"boot\":").unwrap();
        let damaged = InitRecord::read(&path).unwrap().unwrap();
        assert!(!damaged.isolated && damaged.cgroup.is_none() && !damaged.is_of_another_boot());
    }
}
