//! The peers that tests of EC2 run against: each thing that the proxy adds to moto, seen through the real SDK.

mod aws;

#[path = "peers/capacity.rs"]
mod capacity;
#[path = "peers/client.rs"]
mod client;
#[path = "peers/compute.rs"]
mod compute;
#[path = "peers/describe.rs"]
mod describe;
#[path = "peers/ends.rs"]
mod ends;
#[path = "peers/faults.rs"]
mod faults;
#[path = "peers/launches.rs"]
mod launches;
#[path = "peers/scale.rs"]
mod scale;
#[path = "support/skip.rs"]
mod skip;
#[path = "peers/templates.rs"]
mod templates;
#[path = "peers/time.rs"]
mod time;
#[path = "peers/tokens.rs"]
mod tokens;
