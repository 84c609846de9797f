//! The set-up for annexes, through the real SDK and by the real command, against moto with AWS's own rules of who may
//! do what.

#[allow(dead_code, reason = "each test uses its own part of this")]
#[path = "../annex/lab.rs"]
mod annex_lab;
#[path = "../aws/mod.rs"]
mod aws;
mod callers;
mod checks;
mod commands;
mod daily;
mod deletes;
mod lab;
mod makes;
mod permissions;
#[path = "../support/skip.rs"]
mod skip;
mod users;

use aws::python;
