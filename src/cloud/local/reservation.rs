//! Reservations: what was launched, on disk before anything of it exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::root::{Root, Scope, failed};
use crate::annex::{AnnexId, TAG_ANNEX};
use crate::cloud::TAG_DIES_AFTER;
use crate::engine::{CloudError, CloudErrorKind, LaunchRequest};
use crate::host::{Durability, LeaseTerms, UNFINISHED, digest_hex, read_if_there, write_whole};

/// The file in an instance's directory that names its reservation's token.
pub(super) const TOKEN_FILE: &str = "token";

/// One launch: all that is needed to know its instances, whatever becomes of their directories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// The launch's token.
    pub(super) token: String,
    /// Of what was asked for; a token that comes with something else is refused.
    pub(super) digest: String,
    /// One instance each, in order.
    pub(super) services: Vec<String>,
    /// The instances' tags.
    pub(super) tags: BTreeMap<String, String>,
    /// When the launch was asked for first.
    pub(super) launched_at: Timestamp,
    /// When the lease ends, if there is one.
    #[serde(default)]
    pub(super) expires_at: Option<Timestamp>,
    /// Whether the instances have namespaces of their own.
    pub(super) isolated: bool,
}

impl Reservation {
    /// What `request` asks for, from now on.
    pub(super) fn new(request: &LaunchRequest, isolated: bool) -> Self {
        let mut tags = request.machine.tags.clone();
        tags.extend(request.tags.clone());
        Self {
            token: request.token.clone(),
            digest: Self::digest(request),
            services: request.services.clone(),
            tags,
            launched_at: Timestamp::now(),
            expires_at: request.expires_at,
            isolated,
        }
    }

    /// The reservation with `token`, if there is one.
    pub(super) fn find(root: &Root, token: &str) -> Result<Option<Self>, CloudError> {
        Self::read(&root.reservation(token))
    }

    /// All reservations, oldest first.
    pub(super) fn all(root: &Root) -> Result<Vec<Self>, CloudError> {
        let directory = root.reservations();
        let list =
            || fs::read_dir(&directory)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>();
        let names = list().map_err(|error| failed("list", &directory, &error))?;
        let mut all = Vec::with_capacity(names.len());
        for name in names.iter().filter_map(|name| name.to_str()) {
            let path = directory.join(name);
            if let Some(unfinished) = name.strip_prefix('.') {
                let name = unfinished.strip_suffix(UNFINISHED).unwrap_or(unfinished);
                // A launch that was killed before it came to anything. One that is under way holds the lock.
                if let Some(_lock) = root.try_lock(Scope::Reservation(name))? {
                    let _ = fs::remove_file(&path);
                }
            } else if let Some(reservation) = Self::read(&path)? {
                all.push(reservation);
            }
        }
        all.sort_by(|a, b| (a.launched_at, &a.token).cmp(&(b.launched_at, &b.token)));
        Ok(all)
    }

    fn read(path: &Path) -> Result<Option<Self>, CloudError> {
        let content = read_if_there(path).map_err(|error| failed("read", path, &error))?;
        let Some(content) = content else { return Ok(None) };
        serde_json::from_slice(&content).map(Some).map_err(|error| {
            CloudError::new(CloudErrorKind::Refused, format!("cannot understand {}: {error}", path.display())).hint(
                "it was written by another version of hoist or damaged; nothing was changed: use the version that \
                 wrote it, or move the file away",
            )
        })
    }

    /// Puts it on disk, to survive whatever happens next.
    pub(super) fn write(&self, root: &Root) -> Result<(), CloudError> {
        let path = root.reservation(&self.token);
        let written = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|content| write_whole(&path, &content, 0o600, Durability::Power));
        written.map_err(|error| failed("write", &path, &error))
    }

    /// Takes it off the disk.
    pub(super) fn remove(&self, root: &Root) -> Result<(), CloudError> {
        let path = root.reservation(&self.token);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", &path, &error)),
            _ => Ok(()),
        }
    }

    /// The ids of its instances, in order.
    pub(super) fn ids(&self, root: &Root) -> Vec<String> {
        (0..self.services.len()).map(|index| root.instance_id(&self.token, index)).collect()
    }

    /// Whether `request` asks for the same.
    pub(super) fn is_for(&self, request: &LaunchRequest) -> bool {
        self.digest == Self::digest(request)
    }

    /// The lease of its instances: that of their annex where they have one, which may change.
    pub(super) fn lease(&self, root: &Root) -> Option<LeaseTerms> {
        let annex = self.tags.get(TAG_ANNEX).and_then(|tag| AnnexId::of_tag(tag));
        let ends = self.expires_at?;
        Some(LeaseTerms { ends, directory: annex.map(|annex| root.annex(&annex)) })
    }

    /// When the instance at `index` shall die because a rehearsal wants it.
    pub(super) fn dies_at(&self, index: usize) -> Option<Timestamp> {
        let after: BTreeMap<String, f64> = serde_json::from_str(self.tags.get(TAG_DIES_AFTER)?).ok()?;
        let seconds = after.get(self.services.get(index)?)?;
        let after = std::time::Duration::try_from_secs_f64(*seconds).ok()?;
        self.launched_at.checked_add(after).ok()
    }

    /// Tags do not count: who repeats a launch may be another owner by then.
    fn digest(request: &LaunchRequest) -> String {
        digest_hex(&[format!("{:?}", (&request.services, &request.machine)).as_bytes()], 32)
    }
}
