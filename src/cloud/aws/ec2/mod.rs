//! EC2, and clouds with a compatible API.
//!
//! A launch becomes one call with a token (`run_instances`), or a fixed series of such calls (`fleet`; `ec2_compatible`
//! on clouds with neither tags at launch nor reliable tokens), so that it may be repeated whenever its answer was lost.
//! Failures become errors for a person ([`crate::cloud::aws::api`]); the engine decides which offers to try, and when
//! to launch anew.

mod adopter;
pub(in crate::cloud) mod catalog;
pub(in crate::cloud) mod check;
pub(super) mod console;
pub(in crate::cloud) mod describe;
mod ec2_catalog;
mod ec2_cloud;
mod ec2_compatible;
mod fleet;
pub(in crate::cloud) mod groups;
mod hardware;
mod image_publisher;
mod images;
pub(in crate::cloud) mod instance;
mod launch;
mod launch_failure;
mod launch_spec;
mod launch_specifier;
mod launch_template;
mod launch_user_data;
mod leftovers;
mod offload;
mod options;
pub(in crate::cloud) mod os_detect;
pub(in crate::cloud) mod pages;
pub(in crate::cloud) mod prices;
pub(in crate::cloud) mod quota;
pub(in crate::cloud) mod renew;
pub(in crate::cloud) mod root_disk;
mod root_disk_lookup;
mod run_instances;
mod run_keys;
mod slot_instances;
pub(in crate::cloud) mod ssm_alias;
mod tag_after_launch;
pub(in crate::cloud) mod tags;
pub(in crate::cloud) mod terminate;
pub(in crate::cloud) mod vcpus;

pub use ec2_cloud::Ec2Cloud;
pub use options::{ConsoleHostKey, Ec2Options, Ec2Timing, HostKeys};
