//! What carries our tags beside instances, and outlived them or never had any.
//!
//! Each kind of thing is asked for by itself, and one that cannot be asked for is named. Instant fleets are left out:
//! they hold nothing once their instances are gone, cost nothing, and EC2 lists them only by id.

mod leftover_finder;
mod leftover_remover;
mod tagged_resources;

pub(super) use leftover_finder::LeftoverFinder;
pub(super) use leftover_remover::LeftoverRemover;
