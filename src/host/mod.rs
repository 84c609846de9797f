//! Hosts: where programs run.

mod client;
mod file_lock;
mod files;
mod init;
mod launch_addresses;
mod local;
mod processes;
mod protocol;
mod shutdown;
pub mod ssh;
mod starting;
mod this;

pub use init::init_if_asked;
pub use launch_addresses::{LaunchAddress, LaunchAddresses};
pub use local::LocalHost;
pub use starting::own_program;
pub use this::ThisHost;

pub(crate) use file_lock::FileLock;
pub(crate) use files::{
    Durability, UNFINISHED, digest_hex, make_private_directory, random_hex, read_if_there, remove_tree, tail,
    write_whole,
};
pub(crate) use init::{FileToWrite, InitConfig, LeaseTerms, Place, Report, Step, UserData, read_lease, write_lease};
pub(crate) use processes::MARKER;
pub(crate) use protocol::{Layout, read_status};
pub(crate) use shutdown::{Doomed, is_alive};
pub(crate) use starting::{Starting, probe_namespaces};
