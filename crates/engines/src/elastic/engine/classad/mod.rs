//! The engine that matches groups of jobs with machines by their ClassAds, as HTCondor does.
//!
//! A pass puts alike slots together ([`bin`]), evaluates each group of jobs with each shape of slots once
//! ([`match_cache`]), and reckons amounts for the rest ([`packing`]): jobs go to free room, then to machines on their
//! way, then to own drains that are cancelled, then to new machines of the cheapest kind ([`demand`]). All limits are
//! taken down within the pass ([`allowance`]); what nothing needs is drained, and ended once a later reading shows it
//! without a claim ([`shrinkage`]).

mod allowance;
mod arrangement;
mod assumed_ad;
mod attribute_use;
mod backoff;
mod bin;
mod clocks;
mod config;
mod demand;
mod draft;
mod drain_mode;
mod engine;
mod explanation;
mod expression_walk;
mod figures;
mod finder;
mod fit;
mod fleet;
mod kind_config;
mod kind_finder;
mod kind_memory;
mod machine_clock;
mod match_cache;
mod member;
mod memory;
mod packing;
mod plan;
mod pool_watch;
mod profile;
mod request;
mod resources;
mod round;
mod settlement;
mod shrinkage;
mod significance;
mod slot_shape;
mod standing;
mod stock;
mod supply;
mod template;
#[cfg(test)]
mod tests;
mod warmth;

pub use backoff::BackoffLimits;
pub use config::ClassadConfig;
pub use drain_mode::DrainMode;
pub use engine::ClassadEngine;
pub use figures::SlotFigures;
pub use kind_config::KindConfig;
pub use memory::{ClassadMemory, LearnedKind};
