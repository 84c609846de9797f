//! The local cloud with real processes: what it promises of instances, hosts and their end.

mod bounds;
mod crashes;
mod isolation;
mod leases;
mod life;
mod programs;
mod rehearsals;
#[path = "../support/skip.rs"]
mod skip;
mod starts;
mod support;
mod tracer;
mod upgrades;
mod versions;
