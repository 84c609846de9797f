//! The peers that tests of EC2 run against: each thing that the proxy adds to moto, seen through the real SDK.

mod capacity;
mod client;
mod compute;
mod describe;
mod ends;
mod faults;
mod launches;
mod scale;
mod templates;
mod time;
mod tokens;
