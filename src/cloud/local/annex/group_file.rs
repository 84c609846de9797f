//! What is kept of an annex: what it is to be, and which instances it is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::file_error::failed;
use super::super::reservation::Reservation;
use super::super::state_dir::StateDir;
use crate::annex::{AnnexId, AnnexSpec, split};
use crate::os::{Durability, digest_hex, read_if_there, write_whole};
use crate::provider::{CloudError, CloudErrorKind};

/// The file in an annex's directory that makes it one.
const FILE: &str = "annex.json";

/// The version of that file.
const VERSION: u32 = 1;

/// An annex as it is to be. Written before anything follows from it, so that whoever comes next can go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupFile {
    version: u32,
    /// What it was last asked to be.
    pub(super) spec: AnnexSpec,
    /// The token of that; empty where that came to nothing.
    pub(super) token: String,
    /// Its instances, the oldest first: those that it has and those that it is to have.
    pub(super) members: Vec<Member>,
    /// No member ever had this slot.
    next_slot: u32,
    /// What it was before the change that is under way.
    before: Option<PreviousSpec>,
    /// The last change, if it came to nothing.
    pub(super) failure: Option<LaunchFailure>,
    /// It is on its way out, all but these instances.
    pub(super) deleting: Option<Vec<String>>,
}

/// An instance of an annex, which has one life: a slot is never taken again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    /// By this it is told from every other one that the annex ever had.
    pub(super) slot: u32,
    /// Which of the annex's pools.
    pub(super) pool: usize,
    /// The file with its user data; none where it has none.
    pub(super) user_data: Option<String>,
    /// Whether it is known to have been launched.
    pub(super) launched: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PreviousSpec {
    spec: AnnexSpec,
    token: String,
    members: Vec<Member>,
}

/// A change that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LaunchFailure {
    /// Its token.
    pub(super) token: String,
    /// The error of the launch, in words.
    pub(super) reason: String,
}

impl Member {
    /// The token of its launch.
    pub(super) fn token(&self, id: &AnnexId) -> String {
        format!("annex-{}", digest_hex(&[id.tag().as_bytes(), &self.slot.to_le_bytes()], 40))
    }

    /// Its instance's id: that which it was launched with, whatever became of the cloud's own id since.
    fn instance(&self, root: &StateDir, id: &AnnexId) -> Result<String, CloudError> {
        let token = self.token(id);
        let launched = Reservation::find(root, &token)?.and_then(|reservation| reservation.ids.into_iter().next());
        if let Some(id) = launched {
            return Ok(id);
        }
        let plain = root.instance_id(&token, 0, false)?;
        let was_plain = root.begun(&plain).exists() || root.instance(&plain).exists();
        if was_plain { Ok(plain) } else { root.instance_id(&token, 0, true) }
    }
}

impl GroupFile {
    /// The ids of its members' instances, by their slots.
    pub(super) fn instances(&self, root: &StateDir, id: &AnnexId) -> Result<BTreeMap<u32, String>, CloudError> {
        self.members.iter().map(|member| Ok((member.slot, member.instance(root, id)?))).collect()
    }

    /// An annex that is to come.
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

    /// Whether only the lease is another one, for the members that there are.
    pub(super) fn is_renewed_by(&self, spec: &AnnexSpec) -> bool {
        let same = AnnexSpec { expires_at: spec.expires_at, count: spec.count, ..self.spec.clone() } == *spec;
        let keeps_size = spec.count == self.spec.count || spec.count as usize == self.members.len();
        same && keeps_size && spec.expires_at != self.spec.expires_at && self.failure.is_none()
    }

    /// It is to be something else. Where only the lease is another one, its instances stay those that there are: those
    /// that left it by themselves are not wanted back, as on AWS, where a group that is not changed keeps its size.
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

    /// As many members in each pool as the weights say. The youngest are too many, where there are.
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
                self.members.push(Member { slot, pool, user_data: user_data.map(str::to_owned), launched: false });
            }
        }
    }

    /// These are gone, and nothing is wanted in their stead; whether there was any of them.
    pub(super) fn without(&mut self, slots: &BTreeSet<u32>) -> bool {
        let known = self.members.len();
        self.members.retain(|member| !slots.contains(&member.slot));
        if let Some(before) = &mut self.before {
            before.members.retain(|member| !slots.contains(&member.slot));
        }
        self.members.len() != known
    }

    /// Everything is there that it is to have, and nothing else.
    pub(super) fn settle(&mut self) {
        self.before = None;
        self.members.iter_mut().for_each(|member| member.launched = true);
    }

    /// The change that is under way comes to nothing: it is to be what it was before.
    pub(super) fn roll_back(&mut self, reason: &str) {
        self.failure = Some(LaunchFailure { token: std::mem::take(&mut self.token), reason: reason.to_owned() });
        match self.before.take() {
            Some(before) => (self.spec, self.token, self.members) = (before.spec, before.token, before.members),
            None => self.members.retain(|member| member.launched),
        }
    }

    /// Whether it is what it is to be, as far as is recorded.
    pub(super) fn is_settled(&self) -> bool {
        self.before.is_none() && self.members.iter().all(|member| member.launched)
    }

    /// The annex as it is on disk; `None` where there is nothing, or nothing yet.
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

    /// Puts it on disk, to survive whatever happens next. The caller holds the annex's lock.
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
