//! What an annex needs of a cloud.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::money::Dollars;
use super::spec::AnnexSpec;
use crate::provider::{CloudError, InstanceState};

/// The tag that everything of an annex carries: [`AnnexId::tag`].
pub const TAG_ANNEX: &str = "hoist:annex";

/// A place that holds annexes. Implementations: stacks on AWS, and the local cloud.
///
/// Every call is safe to repeat. What a call has begun goes on without hoist: only [`AnnexCloud::look`] tells what came
/// of it. `cloud_id` is what [`AnnexCloud::apply`] gave, once it is recorded; without it, the annex is found by its
/// name and tag.
#[async_trait]
pub trait AnnexCloud: Send + Sync {
    /// What is wrong with this annex, as far as it can be found without making anything: names that there are not, a
    /// missing set-up, more than a quota allows. Asks the cloud, and changes nothing.
    async fn check(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError>;

    /// What one instance of each of `spec.pools` costs an hour now, where it is known: the dearest of what the pool may
    /// buy.
    async fn prices(&self, spec: &AnnexSpec) -> Result<Vec<Option<Dollars>>, CloudError>;

    /// What [`AnnexCloud::apply`] would ask for, for people to read: on AWS the template and the parameters of its
    /// call. Makes nothing.
    async fn preview(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Value, CloudError>;

    /// Begins to make the annex as `spec` says, or to change it to that; gives the cloud's id of the whole. `token` is
    /// recorded before the call and the same for a repeated one; another `spec` has another token. While a change is
    /// under way, the lease that held before still holds.
    async fn apply(&self, id: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<Option<String>, CloudError>;

    /// Where the annex stands; `None` when there is nothing of it. Another one of its name is not it.
    async fn look(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Option<ObservedAnnex>, CloudError>;

    /// Its instances, however many: those that are on their way and those that are going, too. Ended ones while the
    /// cloud shows them.
    async fn instances(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError>;

    /// Ends these instances of it and wants none in their stead. Those that are gone are released already.
    async fn release(&self, id: &AnnexId, instances: &[String]) -> Result<(), CloudError>;

    /// Begins to delete it, its files too. What could not be deleted before is left alone when `retain` names it.
    async fn delete(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
        retain: &[String],
        token: &str,
    ) -> Result<(), CloudError>;

    /// What is left of it, asked anew: instances, groups, templates, files, disks. Empty when all is gone.
    async fn remains(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError>;

    /// Every annex that is there, of whatever user and state file.
    async fn all(&self) -> Result<Vec<AnnexId>, CloudError>;

    /// Who made it, by its tag or its files; none where nobody can tell, or it is gone.
    async fn owner(&self, id: &AnnexId) -> Result<Option<String>, CloudError>;

    /// Which state file looks after it; none where nobody can tell.
    async fn state(&self, _id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(None)
    }
}

/// Which annex: its name and the chance that tells it from another of this name, of another time or another user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnnexId {
    /// The annex's name.
    pub name: super::AnnexName,
    /// Twelve hexadecimal digits.
    pub nonce: String,
}

impl AnnexId {
    /// The value of [`TAG_ANNEX`]: never the beginning of another annex's.
    pub fn tag(&self) -> String {
        format!("{}/{}", self.name, self.nonce)
    }

    /// The annex whose [`AnnexId::tag`] this is.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let (name, nonce) = tag.split_once('/')?;
        let is_nonce = nonce.len() == 12 && nonce.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        Some(Self { name: name.parse().ok().filter(|_| is_nonce)?, nonce: nonce.to_owned() })
    }

    /// Where its files are in the bucket, with the slash at the end. Not those of another annex of its name, of another
    /// time: what removes files removes its own.
    pub fn prefix(&self) -> String {
        format!("{}{}/", self.name.prefix(), self.nonce)
    }
}

/// Where an annex stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedAnnex {
    /// Its state.
    pub state: ObservedState,
    /// How many instances it is to have.
    pub wanted: u32,
    /// When it ends, as the cloud has it.
    pub expires_at: Option<Timestamp>,
    /// The token of the last change, where the cloud shows it.
    pub token: Option<String>,
    /// The cloud's id: a stack's.
    pub cloud_id: Option<String>,
}

/// The state of an annex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedState {
    /// A change is under way.
    Changing,
    /// As it was last asked for; whether its instances are there yet is another question.
    Settled,
    /// The last change failed, and why. It is as it was before, or goes away.
    Failed(String),
    /// On its way out.
    Deleting,
    /// It could not be deleted, and what is in the way of that: names of resources, each with a reason.
    DeleteFailed(Vec<(String, String)>),
}

/// An instance of an annex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnexInstance {
    /// The cloud's id.
    pub id: String,
    /// Its state.
    pub state: InstanceState,
    /// Which of the annex's pools, from 0.
    pub pool: usize,
    /// Its size.
    pub instance_type: Option<String>,
    /// The availability zone.
    pub zone: Option<String>,
    /// Whether it is spot capacity.
    pub spot: bool,
    /// Its price an hour now, where it is known.
    pub price: Option<Dollars>,
    /// Its address in its network.
    pub private_address: Option<String>,
    /// Its address for everybody.
    pub address: Option<String>,
    /// When it was launched.
    pub launched_at: Timestamp,
}

/// Something that is left of an annex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnexLeftover {
    /// What it is: "instance", "stack", "object", …
    pub kind: &'static str,
    /// The cloud's id.
    pub id: String,
    /// Whether it costs money.
    pub bills: bool,
}
