//! Hosts that are reached over SSH: strict about whom they talk to, and about what becomes of what they started.

mod cloud_init;
mod config_file;
mod console_keys;
mod control_directory;
mod dial;
mod host;
mod host_key;
mod job;
mod keygen;
mod known_hosts;
mod limits;
mod links;
mod opening;
mod remote;
mod rotation;
mod run_keys;
mod secret;
mod target;
mod trouble;

pub use console_keys::Console;
pub use host::SshHost;
pub use limits::LinkLimits;
pub use links::Links;
pub use run_keys::{EphemeralKey, RunKeys};
pub use secret::Secret;
pub use target::{SshTarget, check_key};
