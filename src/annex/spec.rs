//! What an annex is to be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::money::Dollars;
use super::name::AnnexName;
use crate::plan::LOCAL_CLOUD;
use crate::provider::{TAG_OWNER, TAG_STATE};

/// The longest lease: the bucket of the set-up forgets files a day later, so that an annex never outlives what its
/// machines read.
pub const LONGEST_LEASE_DAYS: u32 = 365;

/// An annex as it was asked for, valid in itself; whether the cloud has what it names is another question. Serialised
/// into the ledger: it holds no secret, only where to find them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnexSpec {
    /// The annex's name.
    pub name: AnnexName,
    /// What it is made of; at least one.
    pub pools: Vec<InstanceGroup>,
    /// How many instances, over all pools; at least one.
    pub count: u32,
    /// How they are bought.
    pub market: Market,
    /// The network; unless given, that of the subnets, or the default one.
    pub vpc: Option<String>,
    /// The subnets; unless given, the network's default ones.
    pub subnets: Vec<String>,
    /// The key pair's name.
    pub key_name: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Seconds after which an instance without a job ends by itself. None: it does not.
    pub idle_seconds: Option<u32>,
    /// What the instances do for a batch system.
    pub software: PoolSoftware,
    /// Who made it: the tag `hoist:owner`.
    pub owner: String,
    /// Which state file looks after it: the tag `hoist:state`. None of annexes from before there was that tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The user's own tags, on everything.
    pub tags: BTreeMap<String, String>,
    /// The user's own user data, beside ours.
    pub user_data: Option<PathBuf>,
    /// What was in the files that it names.
    #[serde(default)]
    pub contents: FileDigests,
}

/// What was in an annex's files when they were last read: by digests, since a path stays the same when a file changes.
/// Nothing where nobody has read them, as in records of an earlier version.
///
/// Of the password there is no digest, by which it could be guessed: only when its file was last changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigests {
    /// The SHA-256 of each file of HTCondor's configuration, in hexadecimal digits.
    pub config_files: Vec<String>,
    /// That of the user's own user data.
    pub user_data: Option<String>,
    /// When the password's file was last changed.
    pub password_at: Option<Timestamp>,
}

/// Equal instances of an annex: a group of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceGroup {
    /// The image: an id, or `resolve:ssm:…`.
    pub image: String,
    /// The sizes that do, the preferred one first; at least one.
    pub instance_types: Vec<String>,
    /// The highest price of one instance, an hour; unless given, the on-demand price.
    pub max_price: Option<Dollars>,
    /// Its share of the annex, against the other pools' weights; at least one.
    pub weight: u32,
}

impl InstanceGroup {
    /// Instances on this machine: of no image, of no size, for nothing. On disk both bear the local cloud's name.
    pub fn local() -> Self {
        let name = || LOCAL_CLOUD.to_owned();
        Self { image: name(), instance_types: vec![name()], max_price: None, weight: 1 }
    }

    /// Whether they are on this machine.
    pub fn is_local(&self) -> bool {
        self.image == LOCAL_CLOUD
    }
}

/// How instances are bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Market {
    /// Spot capacity, which may be taken away again.
    Spot,
    /// At the list price.
    OnDemand,
    /// One on demand, the rest spot.
    Mixed,
}

impl Market {
    /// How many of the `count` instances of pool `index` are bought on demand.
    pub fn on_demand(self, index: usize, count: u32) -> u32 {
        match self {
            Self::OnDemand => count,
            Self::Spot => 0,
            // The first one of the annex.
            Self::Mixed => u32::from(index == 0).min(count),
        }
    }
}

impl std::fmt::Display for Market {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Spot => "spot",
            Self::OnDemand => "on-demand",
            Self::Mixed => "mixed",
        })
    }
}

impl AnnexSpec {
    /// What tells whose it is, on everything that it is made of.
    pub fn ownership(&self) -> impl Iterator<Item = (String, String)> {
        let state = self.state.clone().map(|state| (TAG_STATE.to_owned(), state));
        std::iter::once((TAG_OWNER.to_owned(), self.owner.clone())).chain(state)
    }

    /// How its instances join a pool; none where they join none.
    pub fn joining(&self) -> Option<&HTCondorJoin> {
        match &self.software {
            PoolSoftware::HTCondor(joining) => Some(joining),
            PoolSoftware::None => None,
        }
    }
}

/// What the instances do for a batch system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolSoftware {
    /// They run their user data and nothing else (GlideinWMS brings its own).
    None,
    /// They join an HTCondor pool.
    HTCondor(HTCondorJoin),
}

/// How the instances of an annex join an HTCondor pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HTCondorJoin {
    /// The collector: a name or an address, perhaps with a port.
    pub central_manager: String,
    /// The pool's password, as `condor_store_cred` keeps it or as it is typed; travels through the bucket.
    pub password_file: Option<PathBuf>,
    /// Further HTCondor configuration: files, in the order in which they are read.
    pub config_files: Vec<PathBuf>,
    /// Whose jobs run there. Empty: everybody's.
    pub owners: Vec<String>,
    /// The pool's name: its `UID_DOMAIN` and `TRUST_DOMAIN`.
    pub pool_name: String,
    /// The system of the images, as the template `annex-worker` names it; unless given, what their names tell.
    pub os: Option<String>,
    /// How many jobs an instance runs at once, each with an equal share; unless given, as many as fit.
    pub slots: Option<u32>,
    /// Whether the pool reaches the instances by their public addresses.
    pub public_address: bool,
}
