//! Clouds: where machines come from.

pub mod aws;
pub mod ec2;
pub mod local;
pub mod rehearsal;
pub mod s3;
pub mod sim;
pub mod stacks;

/// The tag by which a rehearsal tells the local cloud that instances are to die by themselves: a JSON object of services'
/// names and seconds from the launch. A tag, so that it comes about even when no hoist is running by then.
pub const TAG_DIES_AFTER: &str = "hoist:rehearse-dies-after";
