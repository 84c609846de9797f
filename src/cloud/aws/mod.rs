//! Amazon Web Services: what its services share, EC2's machines, S3's objects, and annexes as stacks.

pub mod annex;
pub mod api;
mod doctor;
pub mod ec2;
mod provider;
pub mod s3;
mod settings;

pub use provider::AwsProvider;
