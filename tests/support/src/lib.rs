//! What the tests of hoist share: real peers to run against, and one way to run the program.
//!
//! It knows hoist only as a program, so that a change of the library leaves this crate as it is.

#![allow(missing_docs, reason = "documented is what a name leaves open")]

pub mod aws;
pub mod call;
mod clock;
pub mod cloud_machine;
pub mod condor_pool;
pub mod contained;
pub mod debian;
pub mod dice;
mod effect;
pub mod eventually;
pub mod google;
mod http;
pub mod itself;
pub mod job_ads;
pub mod judges;
pub mod loopback;
pub mod machine;
pub mod place;
pub mod process;
pub mod python;
pub mod ran;
pub mod running;
pub mod screen;
pub mod skip;
pub mod steady;
pub mod terminal;
pub mod tree;
