//! EC2, and clouds that speak its language.
//!
//! A launch becomes one call with a token (`run_instances`), or a fixed series of such calls (`fleet`; `compatible` on
//! clouds that know neither tags at launch nor reliable tokens), so that it may be made again whenever its answer was
//! lost. What failed is an error for a person ([`crate::cloud::aws::api`]); which offers to try, and when to launch
//! anew, is the engine's to decide.

mod catalog;
mod check;
mod consistency_window;
mod console;
pub(in crate::cloud) mod describe;
mod ec2_cloud;
mod ec2_compatible;
mod fleet;
mod groups;
mod hardware;
mod image_publisher;
mod images;
pub(in crate::cloud) mod instance;
mod launch;
mod launch_spec;
mod launch_template;
mod leftovers;
mod offload;
mod options;
pub(in crate::cloud) mod os_detect;
pub(in crate::cloud) mod pages;
mod prices;
pub(in crate::cloud) mod quota;
mod root_disk;
mod root_disk_lookup;
mod run_instances;
mod run_keys;
pub(in crate::cloud) mod ssm_alias;
mod tag_after_launch;
pub(in crate::cloud) mod tags;
mod terminate;
mod user_data;
mod vcpus;

pub use ec2_cloud::Ec2Cloud;
pub use options::{ConsoleHostKey, Ec2Options, Ec2Timing, HostKeys};
