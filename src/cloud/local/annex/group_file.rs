//! The record of an annex: its desired state and its instances.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::file_error::failed;
use super::super::reservation::Reservation;
use super::super::state_dir::StateDir;
use super::super::tombstones;
use crate::annex::{AnnexId, AnnexSpec, split};
use crate::os::{Durability, digest_hex, read_if_there, write_whole};
use crate::provider::{CloudError, CloudErrorKind};

/// The record's file in the annex's directory; only with it is the directory an annex.
const FILE: &str = "annex.json";

/// The version of the file format.
const VERSION: u32 = 1;

/// The desired state of an annex. It is written before it is acted on, so that any later process can continue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupFile {
    version: u32,
    /// The last requested specification.
    pub(super) spec: AnnexSpec,
    /// Its token; empty if the change failed.
    pub(super) token: String,
    /// Its instances, the oldest first: existing and planned ones.
    pub(super) members: Vec<Member>,
    /// The next slot; no member has ever had it.
    next_slot: u32,
    /// The specification before the change that is under way.
    before: Option<PreviousSpec>,
    /// The last change, if it failed.
    pub(super) failure: Option<LaunchFailure>,
    /// Set when the annex is being deleted: the instances to retain.
    pub(super) deleting: Option<Vec<String>>,
}

/// An instance of an annex. It is launched once: slots are never reused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    /// Its number, unique among all members that the annex ever had.
    pub(super) slot: u32,
    /// The index of its pool.
    pub(super) pool: usize,
    /// The file with its user data; `None` without user data.
    pub(super) user_data: Option<String>,
    /// Whether it is known to have been launched.
    pub(super) launched: bool,
    /// The instance in whose place it came, since that one died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replaces: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PreviousSpec {
    spec: AnnexSpec,
    token: String,
    members: Vec<Member>,
}

/// A failed change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LaunchFailure {
    /// Its token.
    pub(super) token: String,
    /// The error of the launch.
    pub(super) reason: String,
}

impl Member {
    /// Returns the token of its launch.
    pub(super) fn token(&self, id: &AnnexId) -> String {
        format!("annex-{}", digest_hex(&[id.tag().as_bytes(), &self.slot.to_le_bytes()], 40))
    }

    /// Returns its instance's id, as launched, even if the cloud's own id has changed since.
    fn instance(&self, root: &StateDir, id: &AnnexId) -> Result<String, CloudError> {
        let token = self.token(id);
        let launched = Reservation::find(root, &token)?.and_then(|reservation| reservation.ids.into_iter().next());
        // Its reservation goes with the instance.
        let ended = || Ok::<_, CloudError>(tombstones::read(root)?.values().find_map(|entry| entry.of_launch(&token)));
        if let Some(id) = launched.map_or_else(ended, |id| Ok(Some(id)))? {
            return Ok(id);
        }
        let plain = root.instance_id(&token, 0, false)?;
        let was_plain = root.begun(&plain).exists() || root.instance(&plain).exists();
        if was_plain { Ok(plain) } else { root.instance_id(&token, 0, true) }
    }
}

impl GroupFile {
    /// Returns the ids of its members' instances, by slot.
    pub(super) fn instances(&self, root: &StateDir, id: &AnnexId) -> Result<BTreeMap<u32, String>, CloudError> {
        self.members.iter().map(|member| Ok((member.slot, member.instance(root, id)?))).collect()
    }

    /// Creates the record of a new annex.
    pub(super) fn new(spec: &AnnexSpec, token: &str, user_data: Option<&str>) -> Self {
        let mut group = Self {
            version: VERSION,
            spec: spec.clone(),
            token: token.to_owned(),
            members: Vec::new(),
            next_slot: 0,
            before: None,
            failure: None,
            deleting: None,
        };
        group.share_out(user_data);
        group
    }

    /// Whether `spec` changes the lease only, for the current members.
    pub(super) fn is_renewed_by(&self, spec: &AnnexSpec) -> bool {
        let same = AnnexSpec { expires_at: spec.expires_at, count: spec.count, ..self.spec.clone() } == *spec;
        let keeps_size = spec.count == self.spec.count || spec.count as usize == self.members.len();
        same && keeps_size && spec.expires_at != self.spec.expires_at && self.failure.is_none()
    }

    /// Changes the desired state. If only the lease changes, the current instances stay: those that terminated by
    /// themselves are not replaced, as on AWS, where an unchanged group keeps its size.
    pub(super) fn change(&mut self, spec: &AnnexSpec, token: &str, user_data: Option<&str>) {
        let is_renewal = self.is_renewed_by(spec);
        let before = PreviousSpec { spec: self.spec.clone(), token: self.token.clone(), members: self.members.clone() };
        self.before.get_or_insert(before);
        self.failure = None;
        (self.spec, self.token) = (spec.clone(), token.to_owned());
        if !is_renewal {
            self.share_out(user_data);
        }
    }

    /// Adds or removes members of each pool according to the weights; the youngest are removed first.
    fn share_out(&mut self, user_data: Option<&str>) {
        let wanted = split(self.spec.count, &self.spec.pools);
        let mut left: Vec<usize> = wanted.iter().map(|&count| count as usize).collect();
        self.members.retain(|member| match left.get_mut(member.pool) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        });
        for (pool, missing) in left.into_iter().enumerate() {
            for _ in 0..missing {
                let slot = self.next_slot;
                self.next_slot += 1;
                let user_data = user_data.map(str::to_owned);
                self.members.push(Member { slot, pool, user_data, launched: false, replaces: None });
            }
        }
    }

    /// Removes these members without replacement; returns whether there were any.
    pub(super) fn without(&mut self, slots: &BTreeSet<u32>) -> bool {
        let known = self.members.len();
        self.members.retain(|member| !slots.contains(&member.slot));
        if let Some(before) = &mut self.before {
            before.members.retain(|member| !slots.contains(&member.slot));
        }
        self.members.len() != known
    }

    /// Puts new members, of the same kind, in the places of these, whose instances died: each slot with its instance.
    pub(super) fn replace(&mut self, died: &BTreeMap<u32, String>) {
        for member in &mut self.members {
            let Some(instance) = died.get(&member.slot) else { continue };
            (member.slot, member.launched, member.replaces) = (self.next_slot, false, Some(instance.clone()));
            self.next_slot += 1;
        }
        if let Some(before) = &mut self.before {
            before.members.retain(|member| !died.contains_key(&member.slot));
        }
    }

    /// Marks the change as complete: all members are launched, and no surplus is left.
    pub(super) fn settle(&mut self) {
        self.before = None;
        self.members.iter_mut().for_each(|member| member.launched = true);
    }

    /// Marks the change as failed, and restores the specification before it.
    pub(super) fn roll_back(&mut self, reason: &str) {
        self.failure = Some(LaunchFailure { token: std::mem::take(&mut self.token), reason: reason.to_owned() });
        match self.before.take() {
            Some(before) => (self.spec, self.token, self.members) = (before.spec, before.token, before.members),
            None => self.members.retain(|member| member.launched),
        }
    }

    /// Whether the recorded change is complete.
    pub(super) fn is_settled(&self) -> bool {
        self.before.is_none() && self.members.iter().all(|member| member.launched)
    }

    /// Reads the record from disk; `None` if there is none.
    pub(super) fn read(root: &StateDir, id: &AnnexId) -> Result<Option<Self>, CloudError> {
        let path = root.annex(id).join(FILE);
        let content = read_if_there(&path).map_err(|error| failed("read", &path, &error))?;
        let Some(content) = content else { return Ok(None) };
        let damaged = |why: String| {
            CloudError::new(CloudErrorKind::Rejected, format!("cannot understand {}: {why}", path.display()))
                .hint("it was written by another version of hoist or damaged; nothing was changed")
        };
        let group: Self = serde_json::from_slice(&content).map_err(|error| damaged(error.to_string()))?;
        if group.version == VERSION { Ok(Some(group)) } else { Err(damaged(format!("version {}", group.version))) }
    }

    /// Writes the record durably. The caller holds the annex's lock.
    pub(super) fn write(&self, root: &StateDir, id: &AnnexId) -> Result<(), CloudError> {
        let path = root.annex(id).join(FILE);
        let written = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|content| write_whole(&path, &content, 0o600, Durability::Power));
        written.map_err(|error| failed("write", &path, &error))
    }
}

#[cfg(test)]
mod tests;
