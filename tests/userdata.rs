//! `hoist userdata`: lint, beside cloud-init itself as the judge, and render.

#[path = "userdata/combined.rs"]
mod combined;
#[path = "userdata/command.rs"]
mod command;
#[path = "userdata/embedded.rs"]
mod embedded;
#[path = "userdata/examples.rs"]
mod examples;
#[path = "userdata/judge.rs"]
mod judge;
#[path = "userdata/lab.rs"]
mod lab;
#[path = "userdata/planted.rs"]
mod planted;
#[path = "userdata/preflight.rs"]
mod preflight;
#[path = "userdata/scripts.rs"]
mod scripts;
#[path = "support/skip.rs"]
mod skip;
