//! Amazon Web Services: what its services share, EC2's machines, S3's objects, and annexes as stacks.

pub mod annex;
pub mod api;
pub mod ec2;
pub mod s3;
