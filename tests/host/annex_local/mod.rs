//! Annexes on the local cloud, with real processes: what they promise of instances, leases and their end.

mod clock;
mod failures;
mod files;
mod kills;
mod lab;
mod leases;
mod life;
