//! The validated plan.
//!
//! Replicas are already services of their own, named clouds and defaults are already merged into each service, paths
//! are absolute and exist, and every reference leads somewhere.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cloud_config::CloudConfig;
use super::notation::Notation;
use super::{Disk, ForwardAgent, Lease, LoginShell, SecretSource, Tenancy, Text, string_or_list};

/// A launch plan: levels of services, in the order in which they are raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The plan's name; a run that is given no name is named after it.
    pub name: String,
    /// The file that it was read from, absolute.
    pub file: PathBuf,
    /// What `${global.NAME}` reads, after `--var` and `--var-file`.
    pub variables: BTreeMap<String, String>,
    /// Every cloud that a service of this plan uses, by the name that the service uses.
    pub clouds: BTreeMap<String, CloudConfig>,
    /// In order of their numbers.
    pub levels: Vec<Level>,
    /// The lease of every machine, where the command line gave one; it outranks the services' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// A set of services that are raised side by side; the next level starts when all of them are ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// 1, 2, 3 … in the native notation; as numbered in cloudinit.d's, where gaps are allowed.
    pub number: u32,
    /// Its name, or `levelN`.
    pub name: String,
    /// Replicas are services of their own here.
    pub services: Vec<Service>,
}

/// One thing to raise: usually one machine and the programs that make it useful.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Unique in the plan; `NAME-0 … NAME-(N-1)` for replicas.
    pub name: String,
    /// The name before the replica's number was added, where there are several.
    pub replica_of: Option<String>,
    /// A key of [`Plan::clouds`].
    pub cloud: String,
    /// What to launch; none for an address that exists already and for services that need only this machine.
    pub launch: Option<LaunchSpec>,
    /// An existing host, as written (`address`, cloudinit.d's `hostname`).
    pub address: Option<Text>,
    /// Where the programs run.
    pub run_on: RunOn,
    /// How the host is reached where it is not this machine or a local instance.
    pub ssh: SshConfig,
    /// boot, ready and terminate.
    pub programs: Programs,
    /// The service's own attributes, as written.
    pub attributes: BTreeMap<String, Text>,
    /// Attributes that only the service's own config template may read, by where they are found.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretSource>,
    /// Other settings that cloudinit.d lets attributes be read from (`iaas`, `allocation`, …), by its names; empty in
    /// the native notation.
    pub settings: BTreeMap<String, String>,
    /// How long launching and reaching the machine may take.
    pub timeout: Duration,
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

/// What to launch. Fields hold what was written; references in them may read earlier levels only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaunchSpec {
    /// The image; the local and the simulated cloud need none.
    pub image: Option<Text>,
    /// The machine's sizes, in the order in which they are tried.
    #[serde(rename = "instance_type", deserialize_with = "string_or_list::read")]
    pub instance_types: Vec<Text>,
    /// Spot or on demand, in the order in which they are tried; on demand where none is named.
    #[serde(rename = "market", deserialize_with = "string_or_list::read")]
    pub markets: Vec<Market>,
    /// The highest spot price, in US dollars an hour, as written.
    pub max_price: Option<String>,
    /// The key pair's name at the cloud.
    pub key_name: Option<Text>,
    /// Security groups, by name or id.
    pub security_groups: Vec<Text>,
    /// Availability zones, in the order in which they are tried; the cloud's choice where none is named.
    #[serde(rename = "zone", default, deserialize_with = "string_or_list::read")]
    pub zones: Vec<Text>,
    /// Subnet ids, in the order in which they are tried.
    #[serde(rename = "subnet", deserialize_with = "string_or_list::read")]
    pub subnets: Vec<Text>,
    /// The instance profile's name or ARN.
    pub instance_profile: Option<Text>,
    /// The file of user data.
    pub user_data: Option<SourceFile>,
    /// Findings in the user data that are meant to be there, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The user's own tags.
    pub tags: BTreeMap<String, Text>,
    /// When the machine ends by itself, whatever becomes of hoist.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// The disk that it starts from, where it is to be another than its image has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    /// How many hops an answer of the cloud's metadata service may make; 1 where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_hop_limit: Option<u8>,
    /// The capacity that is kept for it: a reservation's id, a group's ARN, `open` or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_reservation: Option<Text>,
    /// The placement group, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_group: Option<Text>,
    /// With whom it shares its hardware.
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

/// A file that the plan names, with the digest it had when the plan was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceFile {
    /// Absolute path.
    pub path: PathBuf,
    /// SHA-256 of its content, in hexadecimal; tells whether it changed since.
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

/// A file that is copied to the host and run there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The file; one that ends in `.tar.gz` is unpacked and its `run.sh` is run.
    pub file: SourceFile,
    /// One entry an argument, as written.
    pub args: Vec<Text>,
    /// The template that becomes `bootconf.json`; boot programs only.
    pub config: Option<SourceFile>,
    /// The names of attributes that the template reads; plans of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_reads: Option<Vec<String>>,
    /// After this long the program is stopped and has failed; [`NO_LIMIT`](super::NO_LIMIT) is never.
    pub timeout: Duration,
    /// How often it is run again after a failure.
    pub retries: u32,
    /// A ready program whose failure makes the service degraded, not failed.
    pub optional: bool,
    /// What a terminate program's failure means; the others' always fail their service.
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

/// How to reach a host by SSH.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SshConfig {
    /// The user to log in as.
    pub user: Option<String>,
    /// The private key's file.
    pub key: Option<PathBuf>,
    /// The port; 22 where not given.
    pub port: Option<u16>,
    /// What to do about a host key that is not known yet.
    pub host_key: HostKeyPolicy,
    /// Which programs have the user's agent.
    #[serde(default, skip_serializing_if = "ForwardAgent::is_usual")]
    pub forward_agent: ForwardAgent,
    /// Which programs have the environment of a login.
    #[serde(default, skip_serializing_if = "LoginShell::is_usual")]
    pub login_shell: LoginShell,
    /// Where stage directories are made on the host, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<PathBuf>,
    /// By which of a machine's addresses it is reached.
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

/// What to do about an unknown host key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostKeyPolicy {
    /// Refuse it.
    #[default]
    Strict,
    /// Take it the first time, and hold the host to it.
    AcceptNew,
}

impl Plan {
    /// All services with their level's index, in order.
    pub fn services(&self) -> impl Iterator<Item = (usize, &Service)> {
        self.levels
            .iter()
            .enumerate()
            .flat_map(|(index, level)| level.services.iter().map(move |service| (index, service)))
    }

    /// The positions of each level's services in that order.
    pub(crate) fn level_ranges(&self) -> Vec<std::ops::Range<usize>> {
        let mut start = 0;
        let ranges = self.levels.iter().map(|level| {
            let range = start..start + level.services.len();
            start = range.end;
            range
        });
        ranges.collect()
    }

    /// Whether the service's programs run on the machine on which we run.
    pub fn runs_here(&self, service: &Service) -> bool {
        match service.run_on {
            RunOn::ThisHost => true,
            RunOn::Instance => self.clouds.get(&service.cloud).is_some_and(|cloud| cloud.is_local()),
            RunOn::Address => false,
        }
    }

    /// Whether any service's machine is launched on the cloud of this name.
    pub fn launches_on(&self, cloud: &str) -> bool {
        self.services().any(|(_, service)| service.launch.is_some() && service.cloud == cloud)
    }

    /// The notation that it was written in.
    pub fn notation(&self) -> Notation {
        Notation::of(&self.file)
    }

    /// The lease of this service's machine.
    pub fn lease_of(&self, service: &Service) -> Option<Lease> {
        self.lease.or(service.launch.as_ref()?.lease)
    }

    /// How many services there are, over all levels.
    pub fn service_count(&self) -> usize {
        self.levels.iter().map(|level| level.services.len()).sum()
    }
}

impl Service {
    /// Every text of the service that may hold references.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let args = self.programs.iter().flat_map(|(_, program)| &program.args);
        let launch = self.launch.iter().flat_map(LaunchSpec::texts);
        self.address.iter().chain(launch).chain(args).chain(self.attributes.values())
    }
}

impl LaunchSpec {
    /// Every text that launching reads.
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
    /// Those that there are, with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        [("boot", &self.boot), ("ready", &self.ready), ("terminate", &self.terminate)]
            .into_iter()
            .filter_map(|(name, program)| program.as_ref().map(|program| (name, program)))
    }
}

/// What every service has once its level is launched.
pub const LAUNCH_ATTRIBUTES: [&str; 6] = ["name", "run_name", "instance_id", "address", "private_address", "hostname"];

/// How long a program may run unless the plan says otherwise (cloudinit.d's `pgm_timeout`).
pub const DEFAULT_PROGRAM_TIMEOUT: Duration = Duration::from_secs(1200);

/// How long launching and reaching a machine may take unless the plan says otherwise: a large Windows or bare-metal
/// machine needs up to a quarter of an hour.
pub const DEFAULT_LAUNCH_TIMEOUT: Duration = Duration::from_secs(1200);

/// How often a ready program is run again after a failure; what starts and ends things runs once.
pub const DEFAULT_CHECK_RETRIES: u32 = 1;
