//! What needs no cloud and hardly a process: plans, templates, the engine on a simulated cloud, the state file, and the
//! sources themselves.

mod annex_work;
mod crash;
mod elastic_scenarios;
mod engine;
// Of the whole program.
#[cfg(feature = "aws")]
mod generated;
mod layers;
mod notation_fuzz;
mod plans;
mod simulated;
mod state;
mod templates;
