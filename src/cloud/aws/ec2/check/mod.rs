//! What is wrong with launches, found before anything is launched: all of it at once, each error with the services that
//! it concerns.
//!
//! First what needs no question ([`static_checks`]), then what describing calls tell ([`resources`], [`offers`]), last
//! a rehearsal of the launch itself for what only EC2 knows, permissions above all ([`dry_run`]).

mod bucket;
mod dry_run;
mod findings;
mod hardware;
mod launch_checks;
mod offers;
mod pool_checks;
mod resources;
mod static_checks;

pub(super) use launch_checks::LaunchChecks;
pub(in crate::cloud) use pool_checks::PoolChecks;
