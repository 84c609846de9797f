//! Specifications of annexes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::market::Market;
use super::money::Dollars;
use super::name::AnnexName;
use super::pilot::Pilot;
use crate::plan::LOCAL_CLOUD;
use crate::provider::{TAG_OWNER, TAG_STATE};

/// The longest lease in days: the bucket of the set-up deletes files a day later, so that the files outlive every annex
/// that reads them.
pub const LONGEST_LEASE_DAYS: u32 = 365;

/// The specification of an annex, valid in itself; whether the cloud has the resources that it names is checked
/// elsewhere. Recorded in the annex's journal: it holds the places of secrets, not the secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnexSpec {
    /// The annex's name.
    pub name: AnnexName,
    /// Its pools; at least one.
    pub pools: Vec<InstanceGroup>,
    /// The number of instances, over all pools; at least one.
    pub count: u32,
    /// How they are bought, where their pool does not say it.
    pub market: Market,
    /// The network; by default that of the subnets, or the default network.
    pub vpc: Option<String>,
    /// The subnets; by default the network's default subnets.
    pub subnets: Vec<String>,
    /// The ids of the security groups, instead of that of the set-up. Empty: that of the set-up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<String>,
    /// The key pair's name.
    pub key_name: Option<String>,
    /// How many hops the answers of the metadata service may go. `None`: one, and so not into containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_hops: Option<u8>,
    /// The end of the lease.
    pub expires_at: Timestamp,
    /// Whether the lease runs out: it is never renewed, and jobs begin until its end, whatever time they say they need.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub runs_out: bool,
    /// Seconds after which an instance without a job terminates itself. `None`: never.
    pub idle_seconds: Option<u32>,
    /// The batch system that the instances serve.
    pub software: PoolSoftware,
    /// The owner: the tag `hoist:owner`.
    pub owner: String,
    /// The state file that manages it: the tag `hoist:state`. `None` for annexes from before this tag existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The user's tags, on every resource.
    pub tags: BTreeMap<String, String>,
    /// The user's own user data, in addition to hoist's.
    pub user_data: Option<PathBuf>,
    /// Digests of the files that it names.
    #[serde(default)]
    pub contents: FileDigests,
}

/// Digests of an annex's files when they were last read, since a path stays the same when the file changes. Empty when
/// they were never read, as in records of an earlier version.
///
/// The password has no digest, since it could be guessed from one: only the time of its file's last change is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigests {
    /// The SHA-256 of each file of HTCondor's configuration, in hexadecimal digits.
    pub config_files: Vec<String>,
    /// The SHA-256 of the user's own user data.
    pub user_data: Option<String>,
    /// The time of the last change of the password's file.
    pub password_at: Option<Timestamp>,
}

/// A group of equal instances of an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceGroup {
    /// The image: an id, or `resolve:ssm:…`.
    pub image: String,
    /// The acceptable instance types, the preferred one first; at least one.
    pub instance_types: Vec<String>,
    /// The highest price per hour of an instance; by default the on-demand price.
    pub max_price: Option<Dollars>,
    /// What an instance on demand costs an hour, since the cloud does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Dollars>,
    /// What a GiB of disk costs a month, instead of what is known of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_price: Option<Dollars>,
    /// Its weight among the pools of the annex; at least one.
    pub weight: u32,
    /// The size of the root disk in GiB; by default the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
    /// How its instances are bought; by default as the annex's are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
    /// How many of its instances are bought on demand since spot lacked them, by [`Market::Fallback`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fallen_back: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl InstanceGroup {
    /// Instances on this machine, without image, instance type or price. On disk, both fields hold the local cloud's
    /// name.
    pub fn local() -> Self {
        let name = || LOCAL_CLOUD.to_owned();
        Self { image: name(), instance_types: vec![name()], ..Self::default() }
    }

    /// Whether a highest price is all that was said of what an instance costs.
    pub fn has_only_max_price(&self) -> bool {
        self.max_price.is_some() && self.list_price.is_none()
    }

    /// Whether the instances are on this machine.
    pub fn is_local(&self) -> bool {
        self.image == LOCAL_CLOUD
    }
}

/// Of weight 1, with nothing else.
impl Default for InstanceGroup {
    fn default() -> Self {
        Self {
            image: String::new(),
            instance_types: Vec::new(),
            max_price: None,
            list_price: None,
            disk_price: None,
            weight: 1,
            disk: None,
            market: None,
            fallen_back: 0,
        }
    }
}

impl AnnexSpec {
    /// The tags that identify the annex and its owner, on every resource of it.
    pub fn ownership(&self) -> impl Iterator<Item = (String, String)> {
        let state = self.state.clone().map(|state| (TAG_STATE.to_owned(), state));
        std::iter::once((TAG_OWNER.to_owned(), self.owner.clone())).chain(state)
    }

    /// Returns how the instances of pool `index` are bought.
    pub fn market_of(&self, index: usize) -> Market {
        self.pools.get(index).and_then(|pool| pool.market).unwrap_or(self.market)
    }

    /// Returns what an instance on demand of pool `index` costs an hour, as far as it was said: a pool that buys
    /// nothing else says it as its highest price.
    pub fn list_price(&self, index: usize) -> Option<Dollars> {
        let pool = self.pools.get(index)?;
        pool.list_price.or(pool.max_price.filter(|_| self.market_of(index) == Market::OnDemand))
    }

    /// Returns how many instances of pool `index` are bought on demand before any other.
    pub fn on_demand_base(&self, index: usize) -> u32 {
        let Some(pool) = self.pools.get(index) else { return 0 };
        match self.market_of(index) {
            // The first one of the pool that says so, or of the whole annex.
            Market::Mixed => u32::from(index == 0 || pool.market.is_some()),
            Market::Fallback => pool.fallen_back,
            Market::Spot | Market::OnDemand | Market::Shared(_) => 0,
        }
    }

    /// Returns how many of the `count` instances of pool `index` are bought on demand.
    pub fn on_demand(&self, index: usize, count: u32) -> u32 {
        self.market_of(index).on_demand(self.on_demand_base(index), count)
    }

    /// Whether instances of a pool are bought on demand where spot lacks them.
    pub fn falls_back(&self) -> bool {
        (0..self.pools.len()).any(|index| self.market_of(index) == Market::Fallback)
    }

    /// Returns the pilot that its instances run, if they do.
    pub fn pilot(&self) -> Option<&Pilot> {
        match &self.software {
            PoolSoftware::Pilot(pilot) => Some(pilot),
            PoolSoftware::None | PoolSoftware::HTCondor(_) => None,
        }
    }

    /// How its instances join a pool; `None` if they join none.
    pub fn joining(&self) -> Option<&HTCondorJoin> {
        match &self.software {
            PoolSoftware::HTCondor(joining) => Some(joining),
            PoolSoftware::None | PoolSoftware::Pilot(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn joining_mut(&mut self) -> Option<&mut HTCondorJoin> {
        match &mut self.software {
            PoolSoftware::HTCondor(joining) => Some(joining),
            PoolSoftware::None | PoolSoftware::Pilot(_) => None,
        }
    }
}

impl HTCondorJoin {
    /// Whether they have something with which to join.
    pub fn has_credential(&self) -> bool {
        self.token_file.is_some() || self.password_file.is_some()
    }
}

/// The batch system that the instances serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolSoftware {
    /// They run only their user data.
    None,
    /// They join an HTCondor pool.
    HTCondor(HTCondorJoin),
    /// They run a pilot, which the user data brings.
    Pilot(Pilot),
}

/// The settings by which an annex's instances join an HTCondor pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HTCondorJoin {
    /// The collector: a name or an address, optionally with a port.
    pub central_manager: String,
    /// The file of the pool's password, as HTCondor keeps it or as typed; it is passed through the bucket.
    pub password_file: Option<PathBuf>,
    /// Whether a password as typed is kept with a NUL at its end, as older versions of HTCondor kept it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_nul: bool,
    /// The file of the token with which they join: a copy of hoist's own, which is replaced when the lease is renewed.
    /// It is passed through the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// The identity with which they join, such as `condor@example.org`. `None`, as in earlier versions: `worker` of the
    /// pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The file of the annex's own key, with which they verify who their owner is; it is passed through the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_key: Option<PathBuf>,
    /// Whether the pool reaches them through its collector (CCB).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ccb: bool,
    /// Further HTCondor configuration: files, in the order in which they are read.
    pub config_files: Vec<PathBuf>,
    /// The users whose jobs run there. Empty: all users.
    pub owners: Vec<String>,
    /// The pool's name: its `UID_DOMAIN` and `TRUST_DOMAIN`.
    pub pool_name: String,
    /// The operating system of the images, as in the template `annex-worker`; by default guessed from their names.
    pub os: Option<String>,
    /// The number of concurrent jobs of an instance, each with an equal share; by default as many as fit.
    pub slots: Option<u32>,
    /// Whether the pool reaches the instances by their public addresses.
    pub public_address: bool,
    /// Whether they run jobs of the Docker universe: Docker is installed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub docker: bool,
    /// Whether they run jobs in containers of Apptainer, which is installed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apptainer: bool,
}
