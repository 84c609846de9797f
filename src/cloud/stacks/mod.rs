//! Annexes on AWS: stacks, and what they need once in a region.

mod caller;
mod setup;
mod setup_check;
mod setup_delete;
mod setup_permission;
mod setup_stack;
mod setup_terms;
mod setup_things;

pub use caller::{WHAT_IS_MY_ADDRESS, address_said, address_towards};
pub use setup::{AnnexSetup, SetupOutcome, SetupPlan, SetupProgress};
pub use setup_delete::SetupDeletion;
pub use setup_terms::{Cidr, SetupTerms};
