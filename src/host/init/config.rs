//! What an init is told when it is started.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lease::LeaseTerms;
use crate::host::protocol::InstanceLayout;
use crate::os::{Durability, files};

/// What an init is told when it is started, in its directory's `init.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InitConfig {
    /// The instance's id; marks all of its processes.
    pub(crate) id: String,
    /// What kind of host it serves.
    pub(crate) place: HostKind,
    /// When it shall die by itself, for rehearsals.
    pub(crate) dies_at: Option<Timestamp>,
    /// Until when it may stay.
    #[serde(default)]
    pub(crate) lease: Option<LeaseTerms>,
    /// What runs at its start.
    pub(crate) user_data: InstanceUserData,
}

/// What kind of host an init serves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HostKind {
    /// An instance with an address of its own.
    Instance {
        /// Its host name.
        hostname: String,
        /// Whether it has namespaces of its own.
        isolated: bool,
    },
    /// This machine, on behalf of one service.
    ThisHost,
}

/// User data, read and found to be possible here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceUserData {
    /// Replaces the instance's host name.
    pub(crate) hostname: Option<String>,
    /// Added to the environment of all programs.
    pub(crate) environment: Vec<(String, String)>,
    /// What to do, in order; the first failure ends it.
    pub(crate) steps: Vec<UserDataStep>,
}

/// One thing that user data asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UserDataStep {
    /// Write a file.
    Write(FileToWrite),
    /// Run a script to its end.
    Run {
        /// What it is called in messages.
        name: String,
        /// Its text, beginning with `#!`.
        script: Vec<u8>,
    },
    /// Tell the console something.
    Say(String),
}

/// A file of cloud-config's `write_files`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileToWrite {
    /// Where, absolute, in a place that is the instance's own.
    pub(crate) path: PathBuf,
    /// The bytes that the file is to hold.
    pub(crate) content: Vec<u8>,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Add to the file instead of replacing it.
    pub(crate) append: bool,
}

impl InitConfig {
    /// Reads the file in `directory`; `None` when there is none.
    pub(crate) fn read(directory: &Path) -> io::Result<Option<Self>> {
        let Some(content) = files::read_own(&directory.join(InstanceLayout::CONFIG))? else { return Ok(None) };
        serde_json::from_slice(&content).map(Some).map_err(io::Error::from)
    }

    /// Writes the file in `directory`.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        let content = serde_json::to_vec(self)?;
        files::write_whole(&directory.join(InstanceLayout::CONFIG), &content, 0o600, Durability::Process)
    }
}
