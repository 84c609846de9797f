//! The peers that tests of EC2 run against: each thing that the proxy adds to moto, seen through the real SDK.

mod aws;
#[path = "peers/client.rs"]
mod client;
#[path = "peers/figures.rs"]
mod figures;
#[path = "peers/launches.rs"]
mod launches;
