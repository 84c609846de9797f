//! The commands of annexes as a user types them: the real binary, against moto behind a proxy, a real pool of
//! HTCondor's, and on the local cloud.

#[path = "../aws/mod.rs"]
mod aws;
mod bad_input;
mod budgets;
#[path = "../support/cloud_machine.rs"]
mod cloud_machine;
#[path = "../support/contained.rs"]
mod contained;
#[path = "../support/debian.rs"]
mod debian;
mod doctor;
mod drains;
mod eight_points;
#[path = "../support/eventually.rs"]
mod eventually;
mod files;
mod interruptions;
#[path = "../support/judges.rs"]
mod judges;
mod lab;
mod lives;
mod near;
mod orphans;
#[path = "../pool_tools/lab.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod pool;
mod shown;
#[path = "../support/skip.rs"]
mod skip;
