//! The launch plan of an HTCondor pool, booted as its users boot it: on EC2, over SSH, with a real HTCondor.
//!
//! Its machines are Debian 13 in namespaces of this machine, each with an sshd on a loopback address of its own.

mod aws;
#[path = "pool/cloud.rs"]
mod cloud;
#[path = "support/contained.rs"]
mod contained;
#[path = "support/debian.rs"]
mod debian;
#[path = "pool/lab.rs"]
mod lab;
#[path = "pool/machine.rs"]
mod machine;
#[path = "pool/plan.rs"]
mod plan;
#[path = "pool/refusals.rs"]
mod refusals;
#[path = "support/skip.rs"]
mod skip;
#[path = "support/machine/user_data.rs"]
mod user_data;
