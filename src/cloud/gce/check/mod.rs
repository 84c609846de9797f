//! Checks of launches before anything is launched: what plans name must exist, and there must be room for it.

mod catalog;
mod findings;
mod image_ref;
mod launch_checks;
mod quota_check;

pub(super) use launch_checks::LaunchChecks;
