//! The daemon of fleets as its users meet it: the real program on the local cloud, with a pool that a program tells of.

mod coalition;
mod full_disk;
mod input;
mod kills;
mod leases;
mod life;
mod listening;
mod reloads;
mod rest;
mod service;
mod station;
mod tracer;
mod workers;
