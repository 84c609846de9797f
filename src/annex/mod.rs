//! Annexes: leased groups of machines that extend a batch pool for a while.

mod annex_ads;
mod annex_jobs;
mod cloud;
mod cost;
mod drain_candidates;
mod file_digests;
mod gpu;
mod instance_group;
mod instance_logs;
mod job_misfit;
mod join_failure;
mod journal;
mod market;
mod money;
mod name;
mod node_log;
mod owner;
mod password;
mod pilot;
mod pool_members;
mod pool_price;
mod reconcile;
mod running;
mod setup_drift;
mod spec;
mod spec_diff;
mod state;
mod state_names;
mod status;

pub use cloud::{
    AnnexCloud, AnnexId, AnnexInstance, AnnexLeftover, ObservedAnnex, ObservedState, SpotShortage, TAG_ANNEX,
};
pub use cost::{Cost, Estimate};
pub use gpu::{NoGpuImage, gpu_image, has_gpus, name_gpu_images};
pub use instance_group::{EntryError, GroupError, parse_lists, parse_pool, share, split};
pub use instance_logs::{InstanceLogs, MissingLog};
pub use job_misfit::{JobMisfit, misfit};
pub use join_failure::{JoinFailure, JoinFailureKind};
pub use journal::AnnexJournal;
pub use market::{Market, NoMarket};
pub use money::Dollars;
pub use name::AnnexName;
pub use node_log::{LONGEST_LOG, NodeLog, REPORT_LOG, without_tokens};
pub use password::{PasswordError, pool_key};
pub use pilot::Pilot;
pub use pool_members::{ANNEX_NAME, machines_of, target_of};
pub use pool_price::PoolPrice;
pub use reconcile::{AnnexError, PollPolicy, Progress, Reconciler, WaitFor};
pub use running::{PastSpecs, Running};
pub use setup_drift::{DriftStatus, SetupFinding};
pub use spec::{AnnexSpec, FileDigests, HTCondorJoin, InstanceGroup, LONGEST_LEASE_DAYS, PoolSoftware};
pub use spec_diff::{ChangeKind, SpecDiff};

pub use state::{Annex, AnnexEvent, AnnexPhase};

pub use annex_ads::{ANNEX_AD, INSTANCE_AD, annex_ad, instance_ads};
pub use annex_jobs::{AnnexJobs, NeverJobs};
pub use drain_candidates::{CannotPick, DrainChoice, pick_to_drain};
pub use state_names::{annex_words, instance_word};
pub use status::{AnnexStatus, JOIN_GRACE, MemberIssue, Row, SlotSummary, Strays, UnknownSlot, join};
