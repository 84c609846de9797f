//! The engine's interface to a cloud.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cloud_error::{CloudError, CloudErrorKind};
use super::host::Host;
use super::resources::{Image, ImageFilter, Leftover, Leftovers, SpotPrice};
use super::work_needs::{WorkFindings, WorkNeeds};
use crate::plan::{Disk, Lease, Tenancy};

/// The tag of every instance: its run.
pub const TAG_RUN: &str = "hoist:run";
/// The tag that refers to the journal entry that was made before an instance's launch.
pub const TAG_INTENT: &str = "hoist:intent";
/// The tag of the owner who launched an instance.
pub const TAG_OWNER: &str = "hoist:owner";
/// The tag of the end of an instance's lease: RFC 3339, in UTC, in seconds.
pub const TAG_EXPIRES: &str = "hoist:expires-at";

/// The tag of every worker of a fleet: the fleet, in the same notation as [`TAG_RUN`]. Its lease is renewed.
pub const TAG_FLEET: &str = "hoist:fleet";

/// The tag of a pool's resources other than instances, such as security groups: the pool's name.
pub const TAG_POOL: &str = "hoist:pool";

/// The tag of the managing state file.
pub const TAG_STATE: &str = "hoist:state";

/// The tag of the path of the managing state file, on clouds on this machine.
pub const TAG_STATE_FILE: &str = "hoist:state-file";

/// The tag that a cloud adds to a shown instance whose stored data has a problem: a description for people. Launches
/// never set it.
pub const TAG_FINDING: &str = "hoist:finding";

/// The tag that a cloud adds to [`TAG_FINDING`] if it cannot tell whether an existing instance works: a hint. Such an
/// instance is neither up nor down, and is never replaced because of it.
pub const TAG_UNSURE: &str = "hoist:unsure";

/// A cloud that launches instances. Implementations: `local`, `sim`, `ec2`, `gce`.
///
/// Every call is safe to repeat: a launch with a known token returns its earlier instances, and terminating instances
/// that are gone succeeds.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Returns this cloud's abilities and request rates.
    fn capabilities(&self) -> Capabilities;

    /// Launches `request.slots.len()` equal instances, or fewer if capacity runs out.
    ///
    /// Returned instances carry `launch_index`, their position in `request.slots`. If the token was used before,
    /// returns the same instances and launches nothing.
    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError>;

    /// Returns the instances that `selector` picks, including terminated ones while the cloud still shows them. Unknown
    /// ids are omitted.
    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError>;

    /// Terminates these instances; returns when the cloud has accepted the request. Unknown ids are not an error.
    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError>;

    /// Moves the end of the lease of these instances, by one call for as many as the cloud takes at once; returns the
    /// ids whose lease ends at `until` now. Instances that are gone are left out.
    ///
    /// # Errors
    /// This cloud's instances cannot be given another end ([`Capabilities::renews`]), or a call failed; leases that
    /// were moved before stay moved.
    async fn renew(&self, _ids: &[String], _until: Timestamp) -> Result<Vec<String>, CloudError> {
        Err(CloudError::new(
            CloudErrorKind::Rejected,
            "this cloud's instances keep the lease that they were launched with",
        ))
    }

    /// Returns the instance's console output.
    async fn console(&self, id: &str) -> Result<String, CloudError>;

    /// Returns a text that has the instance's host keys between the lines with which cloud-init encloses them on the
    /// console; without them if the instance has not told them yet.
    async fn host_keys(&self, id: &str) -> Result<String, CloudError> {
        self.console(id).await
    }

    /// Returns the host of `service` on this instance if this cloud reaches its instances itself; `None` means by SSH
    /// to its address. Of the instance, only id and address need be known.
    fn host(&self, service: &str, instance: &Instance) -> Option<Arc<dyn Host>>;

    /// Returns the problems of these launches that can be found without launching; each error names the services that
    /// it concerns. Asks the cloud, and changes nothing.
    async fn check(&self, _requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        Ok(Vec::new())
    }

    /// Returns what keeps such machines from their work, as far as it can be found without launching one. Asks the
    /// cloud, and changes nothing.
    async fn check_work(&self, _machine: &InstanceSpec, _needs: &WorkNeeds) -> Result<WorkFindings, CloudError> {
        Ok(WorkFindings::default())
    }

    /// Returns the tagged resources other than instances, of one run or of all. An error means that no kind of resource
    /// could be queried.
    async fn leftovers(&self, _run: Option<&str>) -> Result<Leftovers, CloudError> {
        Ok(Leftovers::default())
    }

    /// Removes a leftover; one that is gone counts as removed.
    async fn remove_leftover(&self, leftover: &Leftover) -> Result<(), CloudError> {
        let message = format!("this cloud has nothing like {leftover}");
        Err(CloudError::new(CloudErrorKind::Rejected, message))
    }

    /// Returns images to launch from, the newest first.
    async fn images(&self, _filter: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        Ok(Vec::new())
    }

    /// Returns the latest spot price of each of these instance types in each zone.
    async fn spot_prices(&self, _instance_types: &[String]) -> Result<Vec<SpotPrice>, CloudError> {
        Ok(Vec::new())
    }
}

/// A cloud's abilities and request rates.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The most instances per launch.
    pub max_batch: usize,
    /// How long a new resource may be reported as missing.
    pub consistency_window: Duration,
    /// The first pause between two describe calls for starting instances.
    pub poll_first: Duration,
    /// The longest such pause.
    pub poll_longest: Duration,
    /// Whether [`Cloud::renew`] moves the end of leases, and instances follow it.
    pub renews: bool,
    /// The time within which an instance learns where the end of its lease was moved.
    pub lease_notice: Duration,
    /// Missing features that the user should know of, one sentence each (the local cloud without namespaces, …).
    pub lacks: Vec<String>,
}

/// Equal instances to launch with one call.
#[derive(Clone, Debug, Default)]
pub struct LaunchRequest {
    /// At most 64 ASCII characters; derived from run, services and attempt, so that it is the same after a crash.
    pub token: String,
    /// The names of the recipients of one instance each, in this order: services of a plan, members of an annex,
    /// workers.
    pub slots: Vec<String>,
    /// The specification to launch, expanded.
    pub machine: InstanceSpec,
    /// The offers to try, in this order; at least one, all of one market.
    pub offers: Vec<Offer>,
    /// The tags: `hoist:run`, `hoist:intent`, `hoist:owner`, `hoist:state`, with a lease `hoist:expires-at`, and the
    /// user's own.
    pub tags: BTreeMap<String, String>,
    /// When the instances terminate themselves.
    pub expires_at: Option<Timestamp>,
    /// Whether an earlier process announced this call, and may have made it.
    pub repeated: bool,
}

impl LaunchRequest {
    /// Whether the instances have a lease that [`Cloud::renew`] moves later on.
    pub fn has_renewed_lease(&self) -> bool {
        self.expires_at.is_some() && self.tags.contains_key(TAG_FLEET)
    }
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

/// The result of a launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Launched {
    /// The instances launched by this call, or by an earlier one with the same token.
    pub instances: Vec<Instance>,
    /// The offers that had no capacity, in the order of the attempts.
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
    /// The acceptable offers, the preferred one first.
    pub offers: Vec<Offer>,
    /// The highest spot price, in US dollars per hour.
    pub max_price: Option<String>,
    /// The key pair's name.
    pub key_name: Option<String>,
    /// Security groups, by name or id.
    pub security_groups: Vec<String>,
    /// The instance profile.
    pub instance_profile: Option<String>,
    /// User data, as passed to the instance.
    pub user_data: Option<Vec<u8>>,
    /// The user's own tags.
    pub tags: BTreeMap<String, String>,
    /// Its lease.
    pub lease: Option<Lease>,
    /// The root disk, if it differs from the image's.
    pub disk: Option<Disk>,
    /// The hop limit of the metadata service's responses.
    pub metadata_hop_limit: Option<u8>,
    /// The capacity reservation to use.
    pub capacity_reservation: Option<String>,
    /// The placement group, by name or id.
    pub placement_group: Option<String>,
    /// The tenancy of its hardware.
    pub tenancy: Option<Tenancy>,
    /// The service of the plan whose scaler the instance runs: the instance learns this name and its run, so that the
    /// scaler's workers belong to them.
    pub scaler_of: Option<String>,
}

/// A selection of instances to describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// All instances with this run's tag, in any state.
    Run(String),
    /// All instances with hoist's tags.
    ManagedByHoist,
    /// The instances with these ids.
    Ids(Vec<String>),
}

/// An instance as its cloud shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// The cloud's id.
    pub id: String,
    /// Its state.
    pub state: InstanceState,
    /// The address at which it is reached, once known.
    pub address: Option<String>,
    /// The private address.
    pub private_address: Option<String>,
    /// Its position in the launch request.
    pub launch_index: usize,
    /// Keys and values, as the cloud has them.
    pub tags: BTreeMap<String, String>,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// The reason of its state, if the cloud gives one.
    pub reason: Option<String>,
    /// Its type, place and market, if the cloud has such and shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
}

/// The state of an instance, in EC2's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// Accepted, not running yet.
    Pending,
    /// Running.
    Running,
    /// Terminating.
    ShuttingDown,
    /// Terminated.
    Terminated,
    /// Stopping.
    Stopping,
    /// Stopped; it still exists and bills for its disk.
    Stopped,
}

impl Instance {
    /// Returns the problem of its cloud's stored data about it, if any.
    pub fn finding(&self) -> Option<&str> {
        self.tags.get(TAG_FINDING).map(String::as_str)
    }

    /// Returns the hint, if its cloud cannot tell whether it works.
    pub fn unsure(&self) -> Option<&str> {
        self.tags.get(TAG_UNSURE).map(String::as_str)
    }
}

impl InstanceState {
    /// Returns EC2's word for the state.
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

    /// Whether it runs, or is about to.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }

    /// Whether it is terminated or terminating for good.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

impl Offer {
    /// Whether a machine with this type, place and market may be of this offer. What either leaves open fits.
    pub fn covers(&self, shown: &Offer) -> bool {
        let fits = |wanted: &Option<String>, shown: &Option<String>| match (wanted, shown) {
            (Some(wanted), Some(shown)) => wanted == shown,
            _ => true,
        };
        self.spot == shown.spot
            && fits(&self.instance_type, &shown.instance_type)
            && fits(&self.subnet, &shown.subnet)
            && (self.subnet.is_some() || fits(&self.zone, &shown.zone))
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
