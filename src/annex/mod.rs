//! Annexes: leased groups of machines that extend a batch pool for a while.

mod cloud;
mod contents;
mod cost;
mod difference;
mod finding;
mod ledger;
mod money;
mod name;
mod password;
mod policy;
mod pool;
mod record;
mod spec;
mod stack;
mod work;

pub use cloud::{AnnexCloud, AnnexId, AnnexInstance, AnnexRemain, AnnexSeen, AnnexState, TAG_ANNEX};
pub use contents::Contents;
pub use cost::{Cost, Estimate};
pub use difference::{Difference, Way};
pub use finding::{Presence, SetupFinding};
pub use ledger::AnnexLedger;
pub use money::Dollars;
pub use name::AnnexName;
pub use password::typed_password;
pub use policy::{Audience, policy};
pub use pool::{parse_lists, parse_pool, share, split};
pub use record::{AnnexEvent, AnnexRecord, AnnexStage};
pub use spec::{AnnexPool, AnnexSpec, Joining, LONGEST_LEASE_DAYS, Market, PoolSoftware};
pub use stack::{
    LARGEST_BODY, OUTPUT_END, OUTPUT_FINGERPRINT, PoolDetails, Setup, described, fingerprint, group_of, renewed, stack,
};
pub use work::{AnnexError, Pace, Progress, Until, Work};
