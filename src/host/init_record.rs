//! The record of a host that was started. It is kept outside the host's directory, since that may be moved, emptied or
//! removed, also from within.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::process_identity::ProcessIdentity;
use crate::os::{Durability, files};

/// The description of the instance that a process belongs to. Every process carries it in [`super::DESCRIPTION`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedInstance {
    /// The cloud's directory.
    pub(crate) root: PathBuf,
    /// The instance's tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The time of the launch.
    pub(crate) launched_at: Timestamp,
    /// The instance's position in the launch.
    pub(crate) index: usize,
}

/// A host that was started. Written before its init is started, removed once nothing of the host is left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct InitRecord {
    /// The boot of this machine in which the host was started: no process survives a reboot.
    pub(crate) boot: String,
    /// Whether the host has its own process namespace, whose processes all end with its init.
    pub(crate) isolated: bool,
    /// The control group of all its processes.
    pub(crate) cgroup: Option<PathBuf>,
    /// The reason why there is no control group.
    #[serde(default)]
    pub(crate) without: Option<String>,
    /// Whether an earlier init was killed and may have left processes behind unnoticed.
    #[serde(default)]
    pub(crate) doubtful: bool,
    /// The time since which the host may have processes, in clock ticks since boot.
    #[serde(default)]
    pub(crate) since: u64,
    /// The processes that adopt the orphans of killed inits.
    #[serde(default)]
    pub(crate) reapers: Vec<ProcessIdentity>,
    /// Whether the host's init has published its endpoint before.
    #[serde(default)]
    pub(crate) served: bool,
    /// The description of the instance.
    #[serde(default)]
    pub(crate) described: Option<RecordedInstance>,
    /// Whether the host's end was proved, but not yet recorded elsewhere.
    #[serde(default)]
    pub(crate) ended: bool,
}

impl InitRecord {
    /// Reads the record. Returns `None` if there is none, and a record that knows nothing if the file is damaged.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let damaged =
            || Self { boot: boot(), without: Some(format!("{} is damaged", path.display())), ..Self::default() };
        match files::read_own(path) {
            Ok(None) => Ok(None),
            Ok(Some(content)) => Ok(Some(serde_json::from_slice(&content).unwrap_or_else(|_| damaged()))),
            // There is no regular file at the path.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some(damaged())),
            Err(error) => Err(error),
        }
    }

    /// Writes the record.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        files::write_whole(path, &serde_json::to_vec(self)?, 0o600, Durability::Process)
    }

    /// Returns whether this machine was rebooted since.
    pub(crate) fn is_of_another_boot(&self) -> bool {
        self.boot != boot()
    }
}

/// Returns the id of this boot of the machine, or an empty string if the kernel does not provide it.
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
