//! The validated plan.
//!
//! Replicas are separate services, named clouds and defaults are merged into each service, paths are absolute and
//! exist, and every reference has a target.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cloud_config::CloudConfig;
use super::elastic_service::ElasticService;
use super::notation::Notation;
use super::{Disk, ForwardAgent, Lease, LoginShell, SecretSource, Tenancy, Text, string_or_list};

/// A launch plan: levels of services, in the order in which they are raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The plan's name, which is also the default name of its runs.
    pub name: String,
    /// The absolute path of the plan's file.
    pub file: PathBuf,
    /// The values of `${global.NAME}`, after `--var` and `--var-file`.
    pub variables: BTreeMap<String, String>,
    /// Every cloud that a service of this plan uses, by the name in the service.
    pub clouds: BTreeMap<String, CloudConfig>,
    /// The levels, in order of their numbers.
    pub levels: Vec<Level>,
    /// The lease of every instance from the command line; it takes precedence over the services' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// A set of services that are raised concurrently. The next level starts when all of them are ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// 1, 2, 3 … in the native notation; as numbered in cloudinit.d's, where gaps are allowed.
    pub number: u32,
    /// Its name, or `levelN`.
    pub name: String,
    /// The services, with replicas as separate ones.
    pub services: Vec<Service>,
}

/// A unit to raise: usually one machine and the programs that configure it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The name, unique in the plan; `NAME-0 … NAME-(N-1)` for replicas.
    pub name: String,
    /// The name without the replica's number, if there are several replicas.
    pub replica_of: Option<String>,
    /// The cloud, a key of [`Plan::clouds`].
    pub cloud: String,
    /// The instance to launch; `None` for an existing address and for services that need only this machine.
    pub launch: Option<LaunchSpec>,
    /// An existing host, as written (`address`, cloudinit.d's `hostname`).
    pub address: Option<Text>,
    /// The place where the programs run.
    pub run_on: RunOn,
    /// The SSH settings for hosts other than this machine and local instances.
    pub ssh: SshConfig,
    /// The boot, ready and terminate programs.
    pub programs: Programs,
    /// The service's own attributes, as written.
    pub attributes: BTreeMap<String, Text>,
    /// Secret attributes, which only the service's own config template may reference, with their sources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretSource>,
    /// Other settings that attributes can reference in cloudinit.d's notation (`iaas`, `allocation`, …), by
    /// cloudinit.d's names; empty in the native notation.
    pub settings: BTreeMap<String, String>,
    /// The time limit for launching and reaching the machine.
    pub timeout: Duration,
    /// The scaler with a ledger of its own that its machine runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elastic: Option<ElasticService>,
}

/// Where a service's programs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RunOn {
    /// On the instance that is launched for it.
    Instance,
    /// On the existing host at `address`.
    Address,
    /// On the machine that hoist runs on.
    ThisHost,
}

/// An instance to launch. Fields hold the texts as written, whose references may only read earlier levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaunchSpec {
    /// The image; not needed for the local and the simulated cloud.
    pub image: Option<Text>,
    /// The instance types, in order of preference.
    #[serde(rename = "instance_type", deserialize_with = "string_or_list::read")]
    pub instance_types: Vec<Text>,
    /// Spot or on demand, in order of preference; by default on demand.
    #[serde(rename = "market", deserialize_with = "string_or_list::read")]
    pub markets: Vec<Market>,
    /// The maximum spot price, in US dollars per hour, as written.
    pub max_price: Option<String>,
    /// The key pair's name at the cloud.
    pub key_name: Option<Text>,
    /// Security groups, by name or id.
    pub security_groups: Vec<Text>,
    /// Availability zones, in order of preference; by default the cloud's choice.
    #[serde(rename = "zone", default, deserialize_with = "string_or_list::read")]
    pub zones: Vec<Text>,
    /// Subnet ids, in order of preference.
    #[serde(rename = "subnet", deserialize_with = "string_or_list::read")]
    pub subnets: Vec<Text>,
    /// The instance profile's name or ARN.
    pub instance_profile: Option<Text>,
    /// The file of user data.
    pub user_data: Option<SourceFile>,
    /// Expected findings in the user data, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The user's own tags.
    pub tags: BTreeMap<String, Text>,
    /// The time at which the instance ends by itself, independent of hoist.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// The disk to start from, if it differs from the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    /// The maximum number of network hops of an answer of the cloud's metadata service; by default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_hop_limit: Option<u8>,
    /// The reserved capacity: a reservation's id, a group's ARN, `open` or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_reservation: Option<Text>,
    /// The placement group, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_group: Option<Text>,
    /// The tenancy of its hardware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenancy: Option<Tenancy>,
}

/// How an instance is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Market {
    /// Spot capacity, which the cloud may take back.
    Spot,
    /// Paid by the hour, kept until terminated.
    OnDemand,
}

/// A file that the plan names, with its digest at the time when the plan was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceFile {
    /// The absolute path.
    pub path: PathBuf,
    /// The SHA-256 of its content, in hexadecimal, for detecting changes.
    pub digest: String,
}

/// A service's programs; each is optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Programs {
    /// Configures the machine; runs once.
    pub boot: Option<Program>,
    /// Exits 0 when the service works; runs after boot and whenever its health is asked for.
    pub ready: Option<Program>,
    /// Runs before the machine is terminated.
    pub terminate: Option<Program>,
}

/// A file that is copied to the host and executed there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The file; a `.tar.gz` is unpacked and its `run.sh` executed.
    pub file: SourceFile,
    /// The arguments, as written.
    pub args: Vec<Text>,
    /// The template that becomes `bootconf.json`; boot programs only.
    pub config: Option<SourceFile>,
    /// The names of attributes that the template references; `None` in plans of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_reads: Option<Vec<String>>,
    /// The time limit, after which the program is stopped and has failed; [`NO_LIMIT`](super::NO_LIMIT) means none.
    pub timeout: Duration,
    /// The number of retries after a failure.
    pub retries: u32,
    /// Whether a failure of the ready program makes the service degraded instead of failed.
    pub optional: bool,
    /// The consequence of a terminate program's failure; a failure of the others always fails their service.
    #[serde(default, skip_serializing_if = "OnFailure::is_keep")]
    pub on_failure: OnFailure,
}

/// What becomes of a machine whose terminate program fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// `terminate` keeps it, and everything that was raised before it.
    #[default]
    Keep,
    /// It goes all the same.
    Continue,
}

impl OnFailure {
    fn is_keep(&self) -> bool {
        *self == Self::Keep
    }
}

/// The SSH settings of a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SshConfig {
    /// The user to log in as.
    pub user: Option<String>,
    /// The private key's file.
    pub key: Option<PathBuf>,
    /// The port; by default 22.
    pub port: Option<u16>,
    /// The treatment of an unknown host key.
    pub host_key: HostKeyPolicy,
    /// The programs that have the user's agent.
    #[serde(default, skip_serializing_if = "ForwardAgent::is_usual")]
    pub forward_agent: ForwardAgent,
    /// The programs that have the environment of a login shell.
    #[serde(default, skip_serializing_if = "LoginShell::is_usual")]
    pub login_shell: LoginShell,
    /// The absolute path below which stage directories are made on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<PathBuf>,
    /// The machine's address to connect to.
    #[serde(default, skip_serializing_if = "SshAddress::is_public")]
    pub address: SshAddress,
}

/// By which of a machine's addresses it is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SshAddress {
    /// The public one, where it has one.
    #[default]
    Public,
    /// The one inside its network.
    Private,
}

impl SshAddress {
    fn is_public(&self) -> bool {
        *self == Self::Public
    }
}

/// The treatment of an unknown host key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostKeyPolicy {
    /// Refuse it.
    #[default]
    Strict,
    /// Accept it the first time, and require it from then on.
    AcceptNew,
}

impl Plan {
    /// Returns all services with their level's index, in order.
    pub fn services(&self) -> impl Iterator<Item = (usize, &Service)> {
        self.levels
            .iter()
            .enumerate()
            .flat_map(|(index, level)| level.services.iter().map(move |service| (index, service)))
    }

    /// Returns the range of each level's services in that order.
    pub(crate) fn level_ranges(&self) -> Vec<std::ops::Range<usize>> {
        let mut start = 0;
        let ranges = self.levels.iter().map(|level| {
            let range = start..start + level.services.len();
            start = range.end;
            range
        });
        ranges.collect()
    }

    /// Returns whether the service's programs run on the machine that hoist runs on.
    pub fn runs_here(&self, service: &Service) -> bool {
        match service.run_on {
            RunOn::ThisHost => true,
            RunOn::Instance => self.clouds.get(&service.cloud).is_some_and(|cloud| cloud.is_local()),
            RunOn::Address => false,
        }
    }

    /// Returns whether an instance of any service is launched on this cloud.
    pub fn launches_on(&self, cloud: &str) -> bool {
        self.services().any(|(_, service)| service.launch.is_some() && service.cloud == cloud)
    }

    /// Returns the plan's notation.
    pub fn notation(&self) -> Notation {
        Notation::of(&self.file)
    }

    /// Returns the lease of this service's instance.
    pub fn lease_of(&self, service: &Service) -> Option<Lease> {
        self.lease.or(service.launch.as_ref()?.lease)
    }

    /// Returns the number of services on all levels.
    pub fn service_count(&self) -> usize {
        self.levels.iter().map(|level| level.services.len()).sum()
    }
}

impl Service {
    /// Returns every text of the service that may contain references.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let args = self.programs.iter().flat_map(|(_, program)| &program.args);
        let launch = self.launch.iter().flat_map(LaunchSpec::texts);
        self.address.iter().chain(launch).chain(args).chain(self.attributes.values())
    }
}

impl LaunchSpec {
    /// Returns every text that the launch depends on.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        [&self.image, &self.key_name, &self.instance_profile, &self.capacity_reservation, &self.placement_group]
            .into_iter()
            .flatten()
            .chain(&self.instance_types)
            .chain(&self.zones)
            .chain(&self.subnets)
            .chain(&self.security_groups)
            .chain(self.tags.values())
    }
}

impl Programs {
    /// Returns the existing programs, with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        [("boot", &self.boot), ("ready", &self.ready), ("terminate", &self.terminate)]
            .into_iter()
            .filter_map(|(name, program)| program.as_ref().map(|program| (name, program)))
    }
}

/// The attributes of every service once its level is launched.
pub const LAUNCH_ATTRIBUTES: [&str; 6] = ["name", "run_name", "instance_id", "address", "private_address", "hostname"];

/// The default time limit of a program (cloudinit.d's `pgm_timeout`).
pub const DEFAULT_PROGRAM_TIMEOUT: Duration = Duration::from_secs(1200);

/// The default time limit for launching and reaching a machine: a large Windows or bare-metal machine needs up to a
/// quarter of an hour.
pub const DEFAULT_LAUNCH_TIMEOUT: Duration = Duration::from_secs(1200);

/// The default number of retries of a ready program. The programs that start and end a service run once.
pub const DEFAULT_CHECK_RETRIES: u32 = 1;
