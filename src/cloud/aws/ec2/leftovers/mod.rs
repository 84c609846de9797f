//! Resources other than instances with hoist's tags, which outlived their instances or never had any.
//!
//! Each kind is listed separately, and a kind that cannot be listed is reported. Instant fleets are left out: they hold
//! nothing once their instances are gone, cost nothing, and EC2 lists them only by id.

mod leftover_finder;
mod leftover_remover;
mod tagged_resources;

pub(super) use leftover_finder::LeftoverFinder;
pub(super) use leftover_remover::LeftoverRemover;
