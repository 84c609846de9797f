//! The launch plan of an HTCondor pool, booted as its users boot it: on EC2, over SSH, with a real HTCondor.
//!
//! Its machines are Debian 13 in namespaces of this machine, each with an sshd on a loopback address of its own.

mod cloud;
mod lab;
mod machine;
mod plan;
mod refusals;
