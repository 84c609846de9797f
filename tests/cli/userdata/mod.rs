//! `hoist userdata`: lint, beside cloud-init itself as the judge, and render.

mod bounds;
mod combined;
mod command;
mod embedded;
mod examples;
mod inputs;
mod judge;
mod kinds;
mod lab;
mod planted;
mod preflight;
mod scripts;
mod severity;
mod shapes;
mod stumbles;
mod templates;
