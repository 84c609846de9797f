//! Operations on annexes, one per file.
//!
//! An `AnnexSession` finds, records and locks annexes; operations work on a `LockedAnnex`. Each takes a request and
//! returns its result.

mod advertise;
mod annex_change;
mod annex_jobs;
mod annex_lease;
mod annex_queue;
mod annex_secrets;
mod apply;
mod attend;
mod central_manager;
#[cfg(feature = "aws")]
mod check_setup;
#[cfg(feature = "aws")]
mod clear_setup;
mod create;
mod credential_faults;
mod credential_request;
mod delete;
mod draft;
mod drain;
mod drain_policy;
mod equip;
mod existing;
mod extend;
mod failure;
mod fleets_first;
mod grow;
mod health;
mod interruption;
mod join_credential;
mod join_failures;
mod locked_annex;
mod login_user;
mod logs;
mod notes;
mod observe;
mod owner_access;
mod pilot_drain;
#[cfg(feature = "aws")]
mod policy;
mod preflight;
mod proposals;
mod prune;
mod release_jobs;
mod session;
#[cfg(feature = "aws")]
mod set_up;
#[cfg(feature = "aws")]
mod set_up_session;
mod ssh;
mod status;
mod submit;
mod submit_guard;
mod surplus;
mod token_trial;
mod update;
mod wait_pool;

pub(crate) use annex_change::{ChangedAnnex, Readiness};
pub(crate) use annex_jobs::jobs_of_all;
pub(crate) use annex_lease::{AnnexLease, longest_lease, now};
pub(crate) use central_manager::CentralManager;
#[cfg(feature = "aws")]
pub(crate) use check_setup::{CheckedSetup, check_setup};
#[cfg(feature = "aws")]
pub(crate) use clear_setup::{ClearedSetup, clear_setup};
pub(crate) use create::{CreateOutcome, CreateRequest, create};
pub(crate) use delete::{DeleteOutcome, DeleteRequest, Deletion, DeletionObserver, delete};
pub(crate) use draft::{AddressChoice, AnnexDraft};
pub(crate) use drain::{DrainOutcome, DrainRequest, DrainSelection, drain};
pub(crate) use drain_policy::DrainPolicy;
pub(crate) use extend::{ExtendOutcome, ExtendRequest, extend};
pub(crate) use failure::still_draining;
pub(crate) use logs::{LogsRequest, logs};
pub(crate) use notes::{idle_here, own_drivers, unbounded, without_gpu_images};
#[cfg(feature = "aws")]
pub(crate) use policy::least_policy;
pub(crate) use prune::{PruneOutcome, PruneRequest, prune};
pub(crate) use release_jobs::{ReleaseJobsRequest, ReleasedJobs, release_jobs};
#[cfg(feature = "aws")]
pub(crate) use set_up::{SetUpOffer, SetUpOutcome, SetUpRequest, set_up};
pub(crate) use ssh::{SshRequest, ssh};
pub(crate) use status::{AnnexReport, StatusObserver, StatusRequest, status};
pub(crate) use submit::{SubmitOutcome, SubmitRequest, submit};
pub(crate) use update::{UpdateOutcome, UpdateRequest, update};
