//! Annexes as stacks, through the real SDK, against moto behind a proxy whose stacks take their time and fail.

#[allow(dead_code, reason = "each test uses its own part of this")]
#[path = "../annex/lab.rs"]
mod annex_lab;
#[path = "../aws/mod.rs"]
mod aws;
mod changes;
mod checks;
mod creations;
mod deletions;
mod failures;
mod lab;
mod machines;
mod many;
mod quotas;
mod secrets;
#[path = "../support/skip.rs"]
mod skip;

use aws::python;
