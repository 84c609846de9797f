//! The local cloud with real processes: what it promises of instances, hosts and their end.

mod bounds;
mod crashes;
mod desk;
mod isolation;
mod leases;
mod life;
mod lost;
mod lost_files;
mod lost_records;
mod lost_runs;
mod programs;
mod rehearsals;
mod silent;
mod starts;
pub(crate) mod support;
mod tracer;
mod upgrades;
mod versions;
mod worker_lease;
