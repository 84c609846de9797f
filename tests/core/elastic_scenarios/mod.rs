//! Engines and simulated worlds against traces recorded from the predecessors' own code, and against random worlds.

mod comparison;
mod random_worlds;
mod recorded;
mod wants;
