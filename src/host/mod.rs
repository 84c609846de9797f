//! Hosts: where programs run.

mod census;
mod cgroup;
mod client;
mod family;
mod file_lock;
mod files;
mod host_id;
mod init;
mod init_call;
mod init_record;
mod local;
mod localhost;
mod oom;
mod presigned_urls;
mod process_tag;
mod processes;
mod proof;
mod protocol;
mod resource_shortage;
mod shutdown;
mod spawn_init;
pub mod ssh;
mod start_init;
mod suspects;
mod terminate_error;
mod unresponsive_init;

pub use init::init_if_asked;
pub use local::LocalHost;
pub use localhost::Localhost;
pub use presigned_urls::{LaunchAddress, LaunchAddresses};
pub use spawn_init::own_program;

pub(crate) use census::{Census, DESCRIPTION, Sighting};
pub(crate) use file_lock::FileLock;
pub(crate) use files::{
    Durability, UNFINISHED, digest_hex, make_private_directory, random_hex, read_if_there, read_own, remove_tree, tail,
    write_whole,
};
pub(crate) use host_id::{host_id, may_hide};
pub(crate) use init::{
    FileToWrite, HostKind, InitConfig, InstanceUserData, LeaseTerms, StartReport, UserDataStep, read_lease, write_lease,
};
pub(crate) use init_record::{InitRecord, RecordedInstance};
pub(crate) use localhost::chosen_stage;
pub(crate) use process_tag::MARKER;
pub(crate) use processes::that_have_open;
pub(crate) use protocol::{InitStatus, InstanceLayout, read_status};
pub(crate) use shutdown::{InitTerminator, is_alive};
pub(crate) use spawn_init::probe_namespaces;
pub(crate) use start_init::Beginning;
pub(crate) use unresponsive_init::UnresponsiveInit;
