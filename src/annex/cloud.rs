//! What an annex needs of a cloud.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::money::Dollars;
use super::spec::AnnexSpec;
use crate::engine::{CloudError, InstanceState};

/// The tag that everything of an annex carries: [`AnnexId::tag`].
pub const TAG_ANNEX: &str = "hoist:annex";

/// A place that holds annexes. Implementations: stacks on AWS, and the local cloud.
///
/// Every call is safe to repeat. What a call has begun goes on without hoist: only [`AnnexCloud::look`] tells what came of it.
#[async_trait]
pub trait AnnexCloud: Send + Sync {
    /// What is wrong with this annex, as far as it can be found without making anything: names that there are not, a missing
    /// set-up, more than a quota allows. Asks the cloud, and changes nothing.
    async fn check(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError>;

    /// Begins to make the annex as `spec` says, or to change it to that. `token` is recorded before the call and the same for a
    /// repeated one; another `spec` has another token. While a change is under way, the lease that held before still holds.
    async fn apply(&self, id: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<(), CloudError>;

    /// Where the annex stands; `None` when there is nothing of it.
    async fn look(&self, id: &AnnexId) -> Result<Option<AnnexSeen>, CloudError>;

    /// Its instances, however many: those that are on their way and those that are going, too.
    async fn instances(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError>;

    /// Ends these instances of it and wants none in their stead.
    async fn release(&self, id: &AnnexId, instances: &[String]) -> Result<(), CloudError>;

    /// Begins to delete it. What could not be deleted before is left alone when `retain` names it.
    async fn delete(&self, id: &AnnexId, retain: &[String], token: &str) -> Result<(), CloudError>;

    /// What is left of it, asked anew: instances, groups, templates, files, disks. Empty when all is gone.
    async fn remains(&self, id: &AnnexId) -> Result<Vec<AnnexRemain>, CloudError>;
}

/// Which annex: its name and the chance that tells it from another of this name, of another time or another user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnnexId {
    /// Its name.
    pub name: super::AnnexName,
    /// Twelve hexadecimal digits.
    pub nonce: String,
}

impl AnnexId {
    /// The value of [`TAG_ANNEX`]: never the beginning of another annex's.
    pub fn tag(&self) -> String {
        format!("{}/{}", self.name, self.nonce)
    }
}

/// Where an annex stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnexSeen {
    /// Its state.
    pub state: AnnexState,
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
pub enum AnnexState {
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
    /// Whether it is spare capacity.
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
pub struct AnnexRemain {
    /// What it is: "instance", "stack", "object", …
    pub kind: &'static str,
    /// The cloud's id.
    pub id: String,
    /// Whether it costs money.
    pub bills: bool,
}
