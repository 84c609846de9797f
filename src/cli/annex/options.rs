//! The options of `hoist annex create`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use super::lease::LeaseOptions;
use super::pilot_options::PilotOptions;
use super::pool_options::PoolOptions;
use crate::annex::Market;
use crate::app::annex::Readiness;
use crate::cli::completions::system_names;

/// What an annex is to be.
#[derive(Args, Debug, Clone)]
pub(super) struct SpecOptions {
    /// Where: on AWS, or on this machine to try it
    #[arg(long, value_enum, default_value_t = CloudArg::Ec2, value_name = "CLOUD")]
    pub(super) cloud: CloudArg,

    #[command(flatten)]
    pub(super) pools: PoolOptions,

    /// How many instances, over all pools [default: 1]
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true)]
    pub(super) count: Option<u32>,

    /// The network [default: that of the set-up]
    #[arg(long, value_name = "ID")]
    pub(super) vpc: Option<String>,

    /// Subnets of the network [default: its default ones] (several with commas, or repeated)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) subnet: Vec<String>,

    /// The id of a security group, instead of that of the set-up (several with commas, or repeated)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) security_group: Vec<String>,

    /// The key pair that lets you in to the instances
    #[arg(long, value_name = "NAME")]
    pub(super) keypair: Option<String>,

    /// The central manager of the pool: a name or an address, perhaps with a port
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) central_manager: Option<String>,

    /// A file with the token with which the instances join the pool; it allows ADVERTISE_STARTD, ADVERTISE_MASTER and
    /// READ, and lasts as long as the lease [default: hoist makes one with the pool's key, or asks the pool's
    /// administrator for one]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "password_file")]
    pub(super) token_file: Option<PathBuf>,

    /// As whom the instances join the pool (default: condor@DOMAIN, where DOMAIN is the pool's TRUST_DOMAIN)
    #[arg(long, value_name = "NAME@DOMAIN")]
    pub(super) identity: Option<String>,

    /// The file with the pool's password, as HTCondor keeps it or as it is typed: for pools without tokens
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) password_file: Option<PathBuf>,

    /// HTCondor configuration for the instances, after that of --config-dir (repeatable)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) config_file: Vec<PathBuf>,

    /// A directory of HTCondor configuration for the instances, read in byte order
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(super) config_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(super) lease: LeaseOptions,

    /// Let the lease run out: nothing renews it, and jobs begin until its end, also those that say they need longer
    #[arg(long)]
    pub(super) let_run_out: bool,

    /// After how long without a job an instance ends by itself; 0: never
    #[arg(long, value_name = "DURATION", default_value = "15m")]
    pub(super) idle: String,

    /// Whose jobs run there [default: yours] (several with commas, or repeated)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) owner: Vec<String>,

    /// Everybody's jobs run there
    #[arg(long, conflicts_with = "owner")]
    pub(super) no_owner: bool,

    /// A tag for everything that is made (repeatable)
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(super) tags: Vec<String>,

    /// User data of your own, beside hoist's
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) user_data: Option<PathBuf>,

    /// How instances are bought: spot (capacity that may be taken away again), on-demand (at the list price), mixed
    /// (one on demand, the rest spot), spot+on-demand (on demand what spot has no capacity for, while create, update
    /// or extend watches the annex, and never otherwise), or both by share, as in spot:80+on-demand:20 [default: spot
    /// where a price is named, else on-demand]
    #[arg(long, value_name = "MARKET", add = ArgValueCandidates::new(market_names))]
    pub(super) market: Option<Market>,

    /// The most that the annex may cost in all, in dollars, with its disks; refused (exit code 5) when count × price ×
    /// lease is more, or when a price is not known
    #[arg(long, value_name = "DOLLARS", allow_negative_numbers = true)]
    pub(super) budget: Option<String>,

    /// What the instances do for a batch system
    #[arg(long, value_enum, default_value_t = SoftwareArg::Htcondor, value_name = "SOFTWARE")]
    pub(super) pool_software: SoftwareArg,

    #[command(flatten)]
    pub(super) pilot: PilotOptions,

    /// The pool's name, its UID_DOMAIN [default: the central manager's name]
    #[arg(long, value_name = "NAME")]
    pub(super) pool_name: Option<String>,

    /// The operating system of the images, such as debian-12 [default: what their names tell]
    #[arg(long, value_name = "OS", add = ArgValueCompleter::new(system_names))]
    pub(super) os: Option<String>,

    /// How many jobs an instance runs at once, each with an equal share [default: as many as fit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) slots: Option<u32>,

    /// The instances run jobs of the Docker universe, and have Docker for it
    #[arg(long)]
    pub(super) docker: bool,

    /// The instances run jobs in containers of Apptainer, and have it: on images of almalinux, rocky, rhel and fedora
    #[arg(long)]
    pub(super) apptainer: bool,

    /// How many hops the answers of the metadata service may go, up to 64; containers are one hop further away. It asks
    /// for a session's token (IMDSv2) in any case [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(super) metadata_hop_limit: Option<u8>,

    /// The pool reaches the instances by their public addresses [default: when the central manager's address is public]
    #[arg(long, conflicts_with = "no_public_address")]
    pub(super) public_address: bool,

    /// The pool reaches the instances by their private addresses
    #[arg(long)]
    pub(super) no_public_address: bool,

    /// The pool reaches the instances through its collector, which they call (CCB) [default: when it would reach them
    /// by public addresses, and their subnets give none]
    #[arg(long, conflicts_with_all = ["no_ccb", "public_address"])]
    pub(super) ccb: bool,

    /// The pool reaches the instances directly
    #[arg(long)]
    pub(super) no_ccb: bool,
}

/// Where annexes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CloudArg {
    /// On AWS, as stacks
    Ec2,
    /// On this machine
    Local,
}

/// The markets for completions; shares can be any.
fn market_names() -> Vec<CompletionCandidate> {
    [Market::Spot, Market::OnDemand, Market::Mixed, Market::Fallback, Market::Shared(20)]
        .map(|market| CompletionCandidate::new(market.to_string()))
        .into()
}

/// What instances do for a batch system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SoftwareArg {
    /// They join an HTCondor pool
    Htcondor,
    /// They run a pilot, which the user data brings, of a pool that hoist knows nothing of
    Pilot,
    /// They run the user data, and nothing is installed or waited for
    None,
}

/// How far a command waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum WaitOptions {
    /// Until the cloud has taken the request
    None,
    /// Until the instances run
    Capacity,
    /// Until they are in the pool
    Pool,
}

impl From<WaitOptions> for Readiness {
    fn from(word: WaitOptions) -> Self {
        match word {
            WaitOptions::None => Self::Accepted,
            WaitOptions::Capacity => Self::Running,
            WaitOptions::Pool => Self::Joined,
        }
    }
}
