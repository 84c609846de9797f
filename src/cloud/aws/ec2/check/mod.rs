//! Finds all faults in launches at once before anything is launched, each with the services that it concerns.
//!
//! First come the checks without requests ([`static_checks`]), then those by describing calls ([`resources`],
//! [`offers`]), last a dry run of the launch itself for facts that only EC2 knows, above all permissions ([`dry_run`]).

mod bucket;
mod dry_run;
mod findings;
mod hardware;
mod launch_checks;
mod offers;
mod pool_checks;
mod resources;
mod static_checks;
mod work;

pub(super) use launch_checks::LaunchChecks;
pub(in crate::cloud) use pool_checks::PoolChecks;
pub(super) use work::WorkCheck;
