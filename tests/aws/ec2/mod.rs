//! The EC2 cloud, through the real SDK, against moto behind a proxy that behaves as badly as AWS can.

mod catalog;
mod checks;
mod cloud_init;
mod compatible;
mod describes;
mod driven;
mod fleets;
mod groups;
mod hardware;
mod inventories;
mod lab;
mod launches;
mod renewals;
mod runs;
mod sessions;
