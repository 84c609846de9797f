//! Hosts reached over SSH, with strict verification of host keys and reliable tracking of the programs started there.

mod cloud_init;
mod complaints;
mod config_file;
mod connect;
mod connection_limits;
mod connection_pool;
mod console_keys;
mod control_directory;
mod host;
mod host_key;
mod host_key_rotation;
mod host_key_verification;
mod job;
mod jumps;
mod key_file;
mod keygen;
mod known_hosts;
mod login;
mod output_reader;
mod rekeyed;
mod remote_script;
mod run_keys;
mod secret;
mod session;
mod silent_host;
mod ssh_error;
mod target;
mod users_settings;

pub use connection_limits::ConnectionLimits;
pub use connection_pool::ConnectionPool;
pub use console_keys::Console;
pub use host::SshHost;
pub use key_file::{KeyError, check_key};
pub use run_keys::{EphemeralKey, RunKeys};
pub use secret::Secret;
pub use target::{SshTarget, SshTerms, is_loopback};
