//! Elasticity: how many machines a fleet should have, decided by pure engines, and simulated worlds that judge them.
//!
//! [`fleet`] holds the fleet file: settings of a fleet. The rest is in the crate `hoist_engines`: [`engine`] holds the
//! decision engines, [`simulate`] worlds in virtual time that drive an engine through a scenario file.

pub mod fleet;

pub use hoist_engines::elastic::{engine, simulate};
