//! The local cloud with real processes: what it promises of instances, hosts and their end.

mod bounds;
mod crashes;
mod isolation;
mod leases;
mod life;
mod programs;
mod rehearsals;
mod starts;
mod support;
mod tracer;
mod upgrades;
mod versions;
