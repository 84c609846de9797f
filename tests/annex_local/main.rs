//! Annexes on the local cloud, with real processes: what they promise of instances, leases and their end.

mod clock;
mod failures;
mod files;
mod kills;
mod lab;
mod leases;
mod life;
#[path = "../support/skip.rs"]
mod skip;
#[path = "../local_cloud/support.rs"]
mod support;
