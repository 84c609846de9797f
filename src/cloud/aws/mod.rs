//! Amazon Web Services: shared parts of its services, EC2's instances, S3's objects, and annexes as stacks.

pub mod annex;
pub mod api;
mod doctor;
pub mod ec2;
mod provider;
pub mod s3;
mod settings;
mod work_access;

pub use provider::AwsProvider;
