//! Templates: what renders to what, what is refused with which words, and that no value breaks out of where it stands.

#[path = "templates/breaking_out.rs"]
mod breaking_out;
#[path = "templates/coalition.rs"]
mod coalition;
#[path = "templates/dollar.rs"]
mod dollar;
#[path = "templates/launch.rs"]
mod launch;
#[path = "templates/library.rs"]
mod library;
#[path = "support/skip.rs"]
mod skip;
#[path = "templates/strict.rs"]
mod strict;
