//! Annexes: leased groups of machines that extend a batch pool for a while.

mod cloud;
mod cost;
mod file_digests;
mod instance_group;
mod journal;
mod money;
mod name;
mod password;
mod policy;
mod reconcile;
mod setup_drift;
mod spec;
mod spec_diff;
mod stack;
mod state;

pub use cloud::{AnnexCloud, AnnexId, AnnexInstance, AnnexLeftover, ObservedAnnex, ObservedState, TAG_ANNEX};
pub use cost::{Cost, Estimate};
pub use file_digests::FileDigests;
pub use instance_group::{parse_lists, parse_pool, share, split};
pub use journal::AnnexJournal;
pub use money::Dollars;
pub use name::AnnexName;
pub use password::{typed_password, unmixed};
pub use policy::{Audience, policy};
pub use reconcile::{AnnexError, PollPolicy, Progress, Reconciler, WaitFor};
pub use setup_drift::{DriftStatus, SetupFinding};
pub use spec::{AnnexSpec, HTCondorJoin, InstanceGroup, LONGEST_LEASE_DAYS, Market, PoolSoftware};
pub use spec_diff::{ChangeKind, SpecDiff};
pub use stack::{
    GroupLaunchData, LARGEST_BODY, OUTPUT_END, OUTPUT_FINGERPRINT, Setup, described, fingerprint, group_of, renewed,
    stack,
};
pub use state::{Annex, AnnexEvent, AnnexPhase};
