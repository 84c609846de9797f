//! What the engine asks of a cloud.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cloud_error::{CloudError, CloudErrorKind};
use super::host::Host;
use super::resources::{Image, ImageFilter, Leftover, Leftovers, SpotPrice};
use crate::plan::{Disk, Lease, Tenancy};

/// The tag that every instance carries: the run it belongs to.
pub const TAG_RUN: &str = "hoist:run";
/// The tag that ties an instance to the journal entry made before it was launched.
pub const TAG_INTENT: &str = "hoist:intent";
/// The tag that names who launched it.
pub const TAG_OWNER: &str = "hoist:owner";
/// The tag that says when its lease ends: RFC 3339, in UTC, to the second.
pub const TAG_EXPIRES: &str = "hoist:expires-at";

/// The tag of what a pool has beside its machines, such as security groups: the pool's name.
pub const TAG_POOL: &str = "hoist:pool";

/// The tag that says which state file looks after it.
pub const TAG_STATE: &str = "hoist:state";

/// The tag that says where that file was, on clouds that are on this machine.
pub const TAG_STATE_FILE: &str = "hoist:state-file";

/// What a cloud adds to the tags of a machine that it shows where something is wrong with what is kept of it: what, for
/// a person. No launch sets it.
pub const TAG_FINDING: &str = "hoist:finding";

/// What a cloud adds beside that where it cannot say whether the machine works, though it is there: what to try. Such a
/// machine is neither up nor down, and is never replaced for it.
pub const TAG_UNSURE: &str = "hoist:unsure";

/// A place that launches instances. Implementations: `local`, `sim`, `ec2`.
///
/// Every call is safe to repeat: a launch with a known token gives the instances it gave before, and terminating what
/// is gone succeeds.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// What this cloud can do and how fast it may be asked.
    fn capabilities(&self) -> Capabilities;

    /// Launches `request.slots.len()` equal instances, or fewer where the cloud has no capacity for all.
    ///
    /// Returned instances carry `launch_index`, the position in `request.slots` that each one takes. With a token
    /// that was used before, it gives the same instances and launches nothing.
    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError>;

    /// The instances that `selector` picks, including terminated ones while the cloud still shows them.
    /// An id that the cloud does not know is simply missing from the answer.
    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError>;

    /// Terminates these instances and returns when the cloud has accepted that; unknown ids are not an error.
    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError>;

    /// What the instance wrote to its console.
    async fn console(&self, id: &str) -> Result<String, CloudError>;

    /// Where the programs of `service` run, on this instance of it, if this cloud reaches its instances itself; `None`
    /// means by SSH to its address. Of the instance, only its id and address need be known.
    fn host(&self, service: &str, instance: &Instance) -> Option<Arc<dyn Host>>;

    /// What is wrong with these launches, as far as it can be found without launching: each error names the services
    /// that it concerns. Asks the cloud, and changes nothing.
    async fn check(&self, _requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        Ok(Vec::new())
    }

    /// What carries our tags beside instances, of one run or of all. An error says that nothing could be asked for.
    async fn leftovers(&self, _run: Option<&str>) -> Result<Leftovers, CloudError> {
        Ok(Leftovers::default())
    }

    /// Removes it; what is gone is removed already.
    async fn remove_leftover(&self, leftover: &Leftover) -> Result<(), CloudError> {
        let message = format!("this cloud has nothing like {leftover}");
        Err(CloudError::new(CloudErrorKind::Rejected, message))
    }

    /// Images to launch from, the newest first.
    async fn images(&self, _filter: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        Ok(Vec::new())
    }

    /// The latest spot price of each of these instance types in each zone.
    async fn spot_prices(&self, _instance_types: &[String]) -> Result<Vec<SpotPrice>, CloudError> {
        Ok(Vec::new())
    }
}

/// What a cloud can do, and how it wants to be asked.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The most instances one launch may ask for.
    pub max_batch: usize,
    /// After a create, "does not exist" means "not visible yet" for this long.
    pub consistency_window: Duration,
    /// The first pause between two looks at instances that are coming up.
    pub poll_first: Duration,
    /// The longest such pause.
    pub poll_longest: Duration,
    /// What this cloud lacks here and the user should know, one sentence each (the local cloud without namespaces, …).
    pub lacks: Vec<String>,
}

/// Equal instances to launch with one call.
#[derive(Clone, Debug, Default)]
pub struct LaunchRequest {
    /// At most 64 ASCII characters; derived from run, services and attempt, so that it is the same after a crash.
    pub token: String,
    /// The names of those that get an instance each, in this order: services of a plan, members of an annex, workers.
    pub slots: Vec<String>,
    /// What to launch, expanded.
    pub machine: InstanceSpec,
    /// What to try, in this order; at least one, all of one market.
    pub offers: Vec<Offer>,
    /// `hoist:run`, `hoist:intent`, `hoist:owner`, `hoist:state`, with a lease `hoist:expires-at`, and the user's own.
    pub tags: BTreeMap<String, String>,
    /// When the instances end by themselves.
    pub expires_at: Option<Timestamp>,
    /// Whether an earlier process announced this call, and may have made it.
    pub repeated: bool,
}

/// An instance type in a place, bought in a market: what a launch is tried with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Offer {
    /// Whether to buy spot capacity.
    pub spot: bool,
    /// The machine's size.
    pub instance_type: Option<String>,
    /// The availability zone.
    pub zone: Option<String>,
    /// The subnet's id.
    pub subnet: Option<String>,
}

/// What came of a launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Launched {
    /// What was launched, by this call or by an earlier one with the same token.
    pub instances: Vec<Instance>,
    /// The offers that had no capacity, in the order in which they were tried.
    pub refusals: Vec<CapacityError>,
}

/// An offer without capacity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CapacityError {
    /// The offer that was asked for.
    pub offer: Offer,
    /// What the cloud says.
    pub reason: String,
}

/// A launch specification with every reference expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceSpec {
    /// The image; the local and the simulated cloud need none.
    pub image: Option<String>,
    /// What may be tried, the preferred one first.
    pub offers: Vec<Offer>,
    /// The highest spot price, in US dollars an hour.
    pub max_price: Option<String>,
    /// The key pair's name.
    pub key_name: Option<String>,
    /// Security groups, by name or id.
    pub security_groups: Vec<String>,
    /// The instance profile.
    pub instance_profile: Option<String>,
    /// User data, as it is given to the machine.
    pub user_data: Option<Vec<u8>>,
    /// The user's own tags.
    pub tags: BTreeMap<String, String>,
    /// How long it is kept.
    pub lease: Option<Lease>,
    /// The disk that it starts from, where it is to be another than its image has.
    pub disk: Option<Disk>,
    /// How many hops an answer of the metadata service may make.
    pub metadata_hop_limit: Option<u8>,
    /// The capacity that is kept for it.
    pub capacity_reservation: Option<String>,
    /// The placement group, by name or id.
    pub placement_group: Option<String>,
    /// With whom it shares its hardware.
    pub tenancy: Option<Tenancy>,
}

/// Which instances to describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Everything tagged with this run, in whatever state.
    Run(String),
    /// Everything that carries our tags.
    ManagedByHoist,
    /// These ids.
    Ids(Vec<String>),
}

/// An instance as its cloud shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// The cloud's id.
    pub id: String,
    /// Where it is in its life.
    pub state: InstanceState,
    /// The address by which it is reached, once it has one.
    pub address: Option<String>,
    /// The address inside its network.
    pub private_address: Option<String>,
    /// Its position in the launch request.
    pub launch_index: usize,
    /// Keys and values, as the cloud has them.
    pub tags: BTreeMap<String, String>,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// Why it is in this state, where the cloud says so.
    pub reason: Option<String>,
}

/// Where an instance is in its life, in EC2's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// Accepted, not up yet.
    Pending,
    /// Up.
    Running,
    /// On its way out.
    ShuttingDown,
    /// Gone for good.
    Terminated,
    /// Stopping.
    Stopping,
    /// Stopped; it still exists and bills for its disk.
    Stopped,
}

impl Instance {
    /// What is wrong with what its cloud keeps of it, though it is there or was.
    pub fn finding(&self) -> Option<&str> {
        self.tags.get(TAG_FINDING).map(String::as_str)
    }

    /// What to try where its cloud cannot say whether it works.
    pub fn unsure(&self) -> Option<&str> {
        self.tags.get(TAG_UNSURE).map(String::as_str)
    }
}

impl InstanceState {
    /// The word for it, EC2's own.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// Whether it is gone or can no longer be kept.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

impl From<Vec<Instance>> for Launched {
    fn from(instances: Vec<Instance>) -> Self {
        Self { instances, refusals: Vec::new() }
    }
}

/// `spot t3.small in us-east-1a`
impl std::fmt::Display for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.spot { "spot" } else { "on-demand" })?;
        if let Some(instance_type) = &self.instance_type {
            write!(f, " {instance_type}")?;
        }
        match self.zone.as_ref().or(self.subnet.as_ref()) {
            Some(place) => write!(f, " in {place}"),
            None => Ok(()),
        }
    }
}
