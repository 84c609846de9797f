//! Hosts: where programs run.

mod census;
mod client;
mod entry;
mod family;
mod host_id;
mod init;
mod init_call;
mod init_record;
mod local;
mod localhost;
mod process_identity;
mod process_mark;
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

pub use spawn_init::own_program;

pub(crate) use entry::entry;

pub(crate) use census::{Census, DESCRIPTION, Sighting};

pub(crate) use host_id::{host_id, may_hide};
pub(crate) use init::{
    FileToWrite, HostKind, InitConfig, InstanceUserData, LeaseTerms, StartReport, UserDataStep, move_lease, read_lease,
    write_lease,
};
pub(crate) use init_record::{InitRecord, RecordedInstance};
pub(crate) use localhost::chosen_stage;
pub(crate) use process_mark::MARK_VARIABLE;

pub(crate) use protocol::{InitStatus, InstanceLayout, read_status};
pub(crate) use shutdown::{InitTerminator, is_alive};
pub(crate) use spawn_init::probe_namespaces;
pub(crate) use start_init::Beginning;
pub(crate) use unresponsive_init::UnresponsiveInit;
