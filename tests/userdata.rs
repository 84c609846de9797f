//! `hoist userdata`: lint, beside cloud-init itself as the judge, and render.

#[path = "userdata/bounds.rs"]
mod bounds;
#[path = "userdata/combined.rs"]
mod combined;
#[path = "userdata/command.rs"]
mod command;
#[path = "userdata/embedded.rs"]
mod embedded;
#[path = "userdata/examples.rs"]
mod examples;
#[path = "userdata/inputs.rs"]
mod inputs;
#[path = "userdata/judge.rs"]
mod judge;
#[path = "userdata/kinds.rs"]
mod kinds;
#[path = "userdata/lab.rs"]
mod lab;
#[path = "userdata/planted.rs"]
mod planted;
#[path = "userdata/preflight.rs"]
mod preflight;
#[path = "userdata/scripts.rs"]
mod scripts;
#[path = "userdata/severity.rs"]
mod severity;
#[path = "userdata/shapes.rs"]
mod shapes;
#[path = "support/skip.rs"]
mod skip;
#[path = "userdata/stumbles.rs"]
mod stumbles;
#[path = "userdata/templates.rs"]
mod templates;
