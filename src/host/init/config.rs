//! The configuration of an init.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lease::LeaseTerms;
use crate::host::protocol::InstanceLayout;
use crate::os::{Durability, files};

/// The configuration of an init, stored as `init.json` in its directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InitConfig {
    /// The instance's id, which all its processes carry as their mark.
    pub(crate) id: String,
    /// The kind of host.
    pub(crate) place: HostKind,
    /// The time at which the init ends by itself, for rehearsals.
    pub(crate) dies_at: Option<Timestamp>,
    /// The host's lease.
    #[serde(default)]
    pub(crate) lease: Option<LeaseTerms>,
    /// The user data, run at the start.
    pub(crate) user_data: InstanceUserData,
}

/// A kind of host.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HostKind {
    /// An instance with its own address.
    Instance {
        /// The host name.
        hostname: String,
        /// Whether the instance has its own namespaces.
        isolated: bool,
    },
    /// This machine, on behalf of one service.
    ThisHost,
}

/// User data, parsed and checked to be feasible on this machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceUserData {
    /// The host name that replaces the instance's.
    pub(crate) hostname: Option<String>,
    /// Variables added to the environment of all programs.
    pub(crate) environment: Vec<(String, String)>,
    /// The steps, in order. The first failure ends the run.
    pub(crate) steps: Vec<UserDataStep>,
}

/// A step of user data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UserDataStep {
    /// Write a file.
    Write(FileToWrite),
    /// Run a script to its end.
    Run {
        /// The script's name in messages.
        name: String,
        /// The script's text, beginning with `#!`.
        script: Vec<u8>,
    },
    /// Write a line to the console.
    Say(String),
}

/// A file of cloud-config's `write_files`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileToWrite {
    /// The absolute path, in a directory of the instance's own.
    pub(crate) path: PathBuf,
    /// The content.
    pub(crate) content: Vec<u8>,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Whether to append to the file instead of replacing it.
    pub(crate) append: bool,
}

impl InitConfig {
    /// Reads `init.json` in `directory`. Returns `None` if there is no such file.
    pub(crate) fn read(directory: &Path) -> io::Result<Option<Self>> {
        let Some(content) = files::read_own(&directory.join(InstanceLayout::CONFIG))? else { return Ok(None) };
        serde_json::from_slice(&content).map(Some).map_err(io::Error::from)
    }

    /// Writes `init.json` in `directory`.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        let content = serde_json::to_vec(self)?;
        files::write_whole(&directory.join(InstanceLayout::CONFIG), &content, 0o600, Durability::Process)
    }
}
