//! Reservations: records of launches, written before any instance exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::file_error::failed;
use super::locks::LockScope;
use super::state_dir::StateDir;
use crate::annex::{AnnexId, TAG_ANNEX};
use crate::cloud::dies_after;
use crate::host::LeaseTerms;
use crate::os::{Durability, UNFINISHED, digest_hex, read_own, remove_whole, write_whole};
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// The file in an instance's directory that names its reservation's token.
pub(super) const TOKEN_FILE: &str = "token";

/// A launch: everything needed to identify its instances, even without their directories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// The launch's token.
    pub(super) token: String,
    /// The digest of the request; a token with another request is refused.
    pub(super) digest: String,
    /// The ids of its instances, in order. They are derived from token and position, and from the cloud's id, which may
    /// be lost.
    #[serde(default)]
    pub(super) ids: Vec<String>,
    /// The services, one instance each, in order.
    pub(super) services: Vec<String>,
    /// The instances' tags.
    pub(super) tags: BTreeMap<String, String>,
    /// The time of the first request.
    pub(super) launched_at: Timestamp,
    /// The end of the lease, if any.
    #[serde(default)]
    pub(super) expires_at: Option<Timestamp>,
    /// Whether the instances have namespaces of their own.
    pub(super) isolated: bool,
    /// Whether all of them have been up.
    #[serde(default)]
    pub(super) came_up: bool,
}

impl Reservation {
    /// Creates a reservation for `request`, as of now.
    pub(super) fn new(root: &StateDir, request: &LaunchRequest, isolated: bool) -> Result<Self, CloudError> {
        let mut tags = request.machine.tags.clone();
        tags.extend(request.tags.clone());
        let reservation = Self {
            ids: Vec::new(),
            token: request.token.clone(),
            digest: Self::digest(request),
            services: request.slots.clone(),
            tags,
            launched_at: Timestamp::now(),
            expires_at: request.expires_at,
            isolated,
            came_up: false,
        };
        reservation.with_ids(root)
    }

    /// Adds the ids to a reservation that an earlier version wrote without them.
    fn with_ids(self, root: &StateDir) -> Result<Self, CloudError> {
        if self.ids.len() == self.services.len() {
            return Ok(self);
        }
        let ids = (0..self.services.len()).map(|index| root.instance_id(&self.token, index, self.isolated));
        Ok(Self { ids: ids.collect::<Result<_, _>>()?, ..self })
    }

    /// Returns the reservation with `token`, if any.
    pub(super) fn find(root: &StateDir, token: &str) -> Result<Option<Self>, CloudError> {
        Self::read(root, &root.reservation(token))
    }

    /// Returns all reservations, oldest first.
    pub(super) fn all(root: &StateDir) -> Result<Vec<Self>, CloudError> {
        let directory = root.reservations();
        let list =
            || fs::read_dir(&directory)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>();
        let names = match list() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            listed => listed.map_err(|error| failed("list", &directory, &error))?,
        };
        let mut all = Vec::with_capacity(names.len());
        for name in names.iter().filter_map(|name| name.to_str()) {
            let path = directory.join(name);
            if let Some(unfinished) = name.strip_prefix('.') {
                let name = unfinished.strip_suffix(UNFINISHED).unwrap_or(unfinished);
                // Left by a launch that was killed before it wrote its record. A launch in progress holds the lock.
                if let Some(_lock) = root.try_lock(LockScope::Reservation(name))? {
                    let _ = fs::remove_file(&path);
                }
            } else if name.ends_with(StateDir::RESERVED)
                && let Some(reservation) = Self::read(root, &path)?
            {
                all.push(reservation);
            }
        }
        all.sort_by(|a, b| (a.launched_at, &a.token).cmp(&(b.launched_at, &b.token)));
        Ok(all)
    }

    /// Returns the reservations of these instances.
    pub(super) fn of_instances(root: &StateDir, ids: &[String]) -> Result<Vec<Self>, CloudError> {
        let mut found = BTreeMap::new();
        let mut everywhere = false;
        for id in ids {
            // An unreadable file, such as a replaced one, counts as missing.
            let token = read_own(&root.instance(id).join(TOKEN_FILE)).ok().flatten();
            match token.and_then(|token| String::from_utf8(token).ok()) {
                Some(token) if found.contains_key(&token) => {}
                Some(token) => match Self::find(root, &token)? {
                    // A token that was changed from within the instance must not lead to another launch.
                    Some(reservation) if reservation.ids.contains(id) => drop(found.insert(token, reservation)),
                    // A power cut may have left the reservation empty.
                    _ => everywhere = true,
                },
                // Incomplete, or not of this cloud: all reservations have to be searched.
                None => everywhere = true,
            }
        }
        if everywhere {
            for reservation in Self::all(root)? {
                if reservation.ids.iter().any(|id| ids.contains(id)) {
                    found.insert(reservation.token.clone(), reservation);
                }
            }
        }
        Ok(found.into_values().collect())
    }

    fn read(root: &StateDir, path: &Path) -> Result<Option<Self>, CloudError> {
        let content = read_own(path).map_err(|error| failed("read", path, &error))?;
        let Some(content) = content else { return Ok(None) };
        let damaged = |why: String| {
            CloudError::new(CloudErrorKind::Rejected, format!("cannot understand {}: {why}", path.display())).hint(
                "it was written by another version of hoist or damaged; nothing was changed: use the version that wrote it, or \
                 move the file away: what was launched for it is then found by what is recorded of each instance, and by the \
                 marks of its processes",
            )
        };
        let reservation: Self = serde_json::from_slice(&content).map_err(|error| damaged(error.to_string()))?;
        if path.file_name().is_some_and(|name| name != StateDir::reservation_name(&reservation.token).as_str()) {
            return Err(damaged("it is that of another launch".to_owned()));
        }
        reservation.with_ids(root).map(Some)
    }

    /// Writes it durably.
    pub(super) fn write(&self, root: &StateDir) -> Result<(), CloudError> {
        let path = root.reservation(&self.token);
        let written = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|content| write_whole(&path, &content, 0o600, Durability::Power));
        written.map_err(|error| failed("write", &path, &error))
    }

    /// Deletes its file.
    pub(super) fn remove(&self, root: &StateDir) -> Result<(), CloudError> {
        let path = root.reservation(&self.token);
        remove_whole(&path).map_err(|error| failed("remove", &path, &error))
    }

    /// Whether `request` is the same request.
    pub(super) fn is_for(&self, request: &LaunchRequest) -> bool {
        self.digest == Self::digest(request)
    }

    /// Returns the lease of its instance with this id: that of its annex, if any, or else its own. Both may change.
    pub(super) fn lease(&self, root: &StateDir, id: &str) -> Option<LeaseTerms> {
        let directory = self.annex().map_or_else(|| root.instance(id), |annex| root.annex(&annex));
        Some(LeaseTerms { ends: self.expires_at?, directory: Some(directory) })
    }

    /// Returns the annex of its instances, if any.
    pub(super) fn annex(&self) -> Option<AnnexId> {
        self.tags.get(TAG_ANNEX).and_then(|tag| AnnexId::of_tag(tag))
    }

    /// Returns when a rehearsal has the instance at `index` die.
    pub(super) fn dies_at(&self, index: usize) -> Option<Timestamp> {
        self.launched_at.checked_add(dies_after(&self.tags, self.services.get(index)?)?).ok()
    }

    /// Computes the digest of a request without its tags: a launch may be repeated by another owner.
    fn digest(request: &LaunchRequest) -> String {
        digest_hex(&[format!("{:?}", (&request.slots, &request.machine)).as_bytes()], 32)
    }
}
