//! The interface of a cloud that holds annexes.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::money::Dollars;
use super::name::AnnexName;
use super::node_log::NodeLog;
use super::pilot::Pilot;
use super::pool_price::PoolPrice;
use super::spec::AnnexSpec;
use crate::provider::{CloudError, EntryProgram, InstanceState};

/// The tag on every resource of an annex; its value is [`AnnexId::tag`].
pub const TAG_ANNEX: &str = "hoist:annex";

/// A cloud that holds annexes. Implementations: stacks on AWS, and the local cloud.
///
/// Every call is safe to repeat. A change continues in the cloud without hoist; [`AnnexCloud::look`] shows its outcome.
/// `cloud_id` is the result of [`AnnexCloud::apply`], once it is recorded; without it, the annex is found by its name
/// and tag.
#[async_trait]
pub trait AnnexCloud: Send + Sync {
    /// Returns the problems of this annex that can be found without making anything: names that do not exist, a missing
    /// set-up, an exceeded quota. Asks the cloud, and changes nothing.
    async fn check(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError>;

    /// Returns what an instance of each of `spec.pools` costs at present, where known: that of the dearest instance
    /// type that the pool may buy.
    async fn prices(&self, spec: &AnnexSpec) -> Result<Vec<PoolPrice>, CloudError>;

    /// Returns what the disk of an instance of each of `spec.pools` costs an hour, where known.
    async fn disk_prices(&self, spec: &AnnexSpec) -> Result<Vec<Option<Dollars>>, CloudError> {
        Ok(self.prices(spec).await?.into_iter().map(|price| price.disk).collect())
    }

    /// Returns whether the subnets of this annex give its instances public addresses; `None` when unknown.
    async fn gives_public_addresses(&self, _spec: &AnnexSpec) -> Result<Option<bool>, CloudError> {
        Ok(None)
    }

    /// Returns the request that [`AnnexCloud::apply`] would make, for people to read: on AWS the template and the
    /// parameters of the call. Makes nothing.
    async fn preview(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Value, CloudError>;

    /// Begins to make the annex as `spec` says, or to change it to that; returns the cloud's id of the annex. `token`
    /// is recorded before the call and is the same when the call is repeated; another `spec` has another token. While a
    /// change is under way, the previous lease still holds.
    async fn apply(&self, id: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<Option<String>, CloudError>;

    /// Completes a change that is settled, where the cloud does not do that by itself: no group ends instances of its
    /// own accord, and each instance has the end of the lease. Safe to repeat.
    async fn secure(&self, _id: &AnnexId, _spec: &AnnexSpec) -> Result<(), CloudError> {
        Ok(())
    }

    /// Returns the pools that lack instances because spot had no capacity for them when the cloud last tried; of those
    /// only that then buy on demand ([`super::Market::Fallback`]).
    async fn spot_shortages(&self, _id: &AnnexId, _spec: &AnnexSpec) -> Result<Vec<SpotShortage>, CloudError> {
        Ok(Vec::new())
    }

    /// Returns the annex's state and settings; `None` when nothing of it exists. Another annex of the same name does
    /// not count.
    async fn look(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Option<ObservedAnnex>, CloudError>;

    /// Returns all its instances, including those that are starting or shutting down, and terminated ones for as long
    /// as the cloud shows them.
    async fn instances(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError>;

    /// Returns the console output of an instance; empty where there is none yet.
    async fn console(&self, instance: &str) -> Result<String, CloudError>;

    /// Returns HTCondor's or the pilot's own logs of an instance, as far as they are here or it has stored them.
    ///
    /// # Errors
    /// There are none; the message says why.
    async fn logs(&self, id: &AnnexId, instance: &str) -> Result<Vec<NodeLog>, CloudError>;

    /// Returns the program that enters an instance of this machine; `None` means by SSH to its address.
    async fn entry(&self, _instance: &str) -> Result<Option<EntryProgram>, CloudError> {
        Ok(None)
    }

    /// Lets these instances, which run this pilot, drain and then end by themselves; returns at once.
    async fn retire(&self, id: &AnnexId, pilot: &Pilot, instances: &[String]) -> Result<(), CloudError>;

    /// Terminates these instances without replacement. Instances that are gone already count as released.
    async fn release(&self, id: &AnnexId, instances: &[String]) -> Result<(), CloudError>;

    /// Begins to delete the annex, its files included. Resources that `retain` names, which could not be deleted
    /// before, are left alone.
    async fn delete(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
        retain: &[String],
        token: &str,
    ) -> Result<(), CloudError>;

    /// Ends what carries the annex's tag and is left where the annex is deleted: instances that left their group, or
    /// that their group does not end; with `whole`, when the cloud's own deletion is over, also groups, disks and
    /// templates. Returns what the cloud refused to end, each with a reason.
    async fn sweep(&self, _id: &AnnexId, _whole: bool) -> Result<Vec<(String, String)>, CloudError> {
        Ok(Vec::new())
    }

    /// Asks the cloud again for remains of the annex: instances, groups, templates, files, disks. Empty when all is
    /// gone.
    async fn remains(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError>;

    /// Whether [`AnnexCloud::remains`] would show this resource if it were there. It is named as in
    /// [`ObservedState::DeleteFailed`].
    fn would_show(&self, _resource: &str) -> bool {
        false
    }

    /// Returns every existing annex, of any user and state file.
    async fn all(&self) -> Result<Vec<AnnexId>, CloudError>;

    /// Returns the annexes to which a group or a file belongs that is older than some minutes, whether or not they
    /// exist.
    async fn traces(&self) -> Result<BTreeSet<AnnexId>, CloudError> {
        Ok(BTreeSet::new())
    }

    /// Returns the annex's owner, from its tag or its files; `None` when unknown, or when the annex is gone.
    async fn owner(&self, id: &AnnexId) -> Result<Option<String>, CloudError>;

    /// Returns the state file that manages the annex; `None` when unknown.
    async fn state(&self, _id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(None)
    }
}

/// The identity of an annex: its name and a nonce, which tells it from other annexes of the same name, of another time
/// or another user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnnexId {
    /// The annex's name.
    pub name: AnnexName,
    /// The nonce: twelve hexadecimal digits.
    pub nonce: String,
}

impl AnnexId {
    /// Returns the value of [`TAG_ANNEX`], which is never a prefix of another annex's.
    pub fn tag(&self) -> String {
        format!("{}/{}", self.name, self.nonce)
    }

    /// Returns the annex of a file, by its key in the bucket.
    pub fn of_key(key: &str) -> Option<Self> {
        let (name, rest) = key.strip_prefix(AnnexName::FILES)?.split_once('/')?;
        Self::of_tag(&format!("{name}/{}", rest.split_once('/')?.0))
    }

    /// Parses an [`AnnexId::tag`].
    pub fn of_tag(tag: &str) -> Option<Self> {
        let (name, nonce) = tag.split_once('/')?;
        let is_nonce = nonce.len() == 12 && nonce.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        Some(Self { name: name.parse().ok().filter(|_| is_nonce)?, nonce: nonce.to_owned() })
    }

    /// Returns the prefix of its files in the bucket, with the slash at the end. It differs from that of an earlier
    /// annex of the same name, so that removing files affects this annex only.
    pub fn prefix(&self) -> String {
        format!("{}{}/", self.name.prefix(), self.nonce)
    }
}

/// An annex's state and settings in the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedAnnex {
    /// Its state.
    pub state: ObservedState,
    /// The desired number of instances.
    pub wanted: u32,
    /// The end of the lease, as the cloud has it.
    pub expires_at: Option<Timestamp>,
    /// The token of the last change, where the cloud shows it.
    pub token: Option<String>,
    /// The cloud's id of the annex: a stack's.
    pub cloud_id: Option<String>,
    /// What failed first in the change that is under way, where something did: the cloud goes back, or is about to.
    pub trouble: Option<String>,
}

impl ObservedAnnex {
    /// Returns an annex of which nothing else is known.
    pub fn new(state: ObservedState, wanted: u32) -> Self {
        Self { state, wanted, expires_at: None, token: None, cloud_id: None, trouble: None }
    }
}

/// The state of an annex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedState {
    /// A change is under way.
    Changing,
    /// The last change is complete; its instances may still be starting.
    Settled,
    /// The last change failed, for this reason. The annex is as it was before, or goes away.
    Failed(String),
    /// Being deleted.
    Deleting,
    /// Could not be deleted: names of the resources in the way, each with a reason.
    DeleteFailed(Vec<(String, String)>),
}

/// An instance of an annex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnexInstance {
    /// The cloud's id.
    pub id: String,
    /// Its state.
    pub state: InstanceState,
    /// The index of its pool in the annex, from 0.
    pub pool: usize,
    /// Its instance type.
    pub instance_type: Option<String>,
    /// The availability zone.
    pub zone: Option<String>,
    /// Whether it is spot capacity.
    pub spot: bool,
    /// Its current price per hour, where known.
    pub price: Option<Dollars>,
    /// Its private address.
    pub private_address: Option<String>,
    /// Its public address.
    pub address: Option<String>,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// Whether it carries the annex's tag and is in none of its groups: nothing replaces it, and only its tag leads to
    /// it.
    pub astray: bool,
}

/// A pool that lacks instances for want of spot capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotShortage {
    /// The index of the pool, from 0.
    pub pool: usize,
    /// How many instances it lacks.
    pub missing: u32,
    /// What the cloud said.
    pub said: String,
}

/// A resource that is left of an annex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnexLeftover {
    /// Its kind: "instance", "stack", "object", …
    pub kind: &'static str,
    /// The cloud's id.
    pub id: String,
    /// Whether it costs money.
    pub bills: bool,
}

/// `instance i-1234, which costs money`
impl std::fmt::Display for AnnexLeftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}{}", self.kind, self.id, if self.bills { ", which costs money" } else { "" })
    }
}
