//! The EC2 cloud, through the real SDK, against moto behind a proxy that behaves as badly as AWS can.

mod aws;
#[path = "ec2/catalog.rs"]
mod catalog;
#[path = "ec2/checks.rs"]
mod checks;
#[path = "ec2/cloud_init.rs"]
mod cloud_init;
#[path = "ec2/compatible.rs"]
mod compatible;
#[path = "ec2/describes.rs"]
mod describes;
#[path = "ec2/driven.rs"]
mod driven;
#[path = "ec2/fleets.rs"]
mod fleets;
#[path = "ec2/groups.rs"]
mod groups;
#[path = "ec2/hardware.rs"]
mod hardware;
#[path = "ec2/inventories.rs"]
mod inventories;
#[path = "ec2/lab.rs"]
mod lab;
#[path = "ec2/launches.rs"]
mod launches;
#[path = "ec2/runs.rs"]
mod runs;
#[path = "ec2/sessions.rs"]
mod sessions;
#[path = "support/skip.rs"]
mod skip;
