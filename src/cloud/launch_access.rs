//! Access to the instances of a run, for the cloud that launches them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::host::ssh::RunKeys;

/// Access to the instances of a run, and its launches so far.
#[derive(Clone)]
pub struct LaunchAccess {
    /// The run's host keys.
    pub keys: Arc<RunKeys>,
    /// Whether a service's instances are accessed by SSH.
    pub by_ssh: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// Who logs in to a service's instance, where the plan says that.
    pub logins: Arc<Logins>,
    /// The launches of the run so far.
    pub announced: Vec<Announcement>,
    /// The launch times of recorded instances.
    pub launched_at: Arc<LaunchedAt>,
}

/// Returns who logs in to the instance of a service, where the plan says that.
pub type Logins = dyn Fn(&str) -> Option<Login> + Send + Sync;

/// Who logs in to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user's name there.
    pub user: String,
    /// The private key's file; the public key is in the file of that name and `.pub`.
    pub key: PathBuf,
}

/// Returns the launch time of the instance with this id.
pub type LaunchedAt = dyn Fn(&str) -> Option<Timestamp> + Send + Sync;

/// An announced launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its run.
    pub run: String,
    /// Its token.
    pub token: String,
    /// The owner who launches.
    pub owner: String,
    /// The number of requested instances.
    pub size: usize,
    /// Tags of its instances besides those of run, launch and owner.
    pub tags: BTreeMap<String, String>,
}
