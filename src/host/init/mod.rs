//! The init of a local host: a small process that outlives the command, runs programs, and takes in what they leave.
//!
//! It is this same binary, started as `hoist __init DIRECTORY`. It has one thread and does everything in one loop.

mod address;
mod config;
mod connection;
mod console;
mod daemonize;
mod event_loop;
mod file_worker;
mod job;
mod lease;
mod namespaces;
mod output_files;
mod shutdown;
mod signals;
mod start_report;
mod user_data;

use std::path::Path;
use std::process::ExitCode;

pub(crate) use config::{FileToWrite, HostKind, InitConfig, InstanceUserData, UserDataStep};
pub(crate) use lease::{LeaseTerms, read_lease, write_lease};
pub(crate) use shutdown::{SHUTDOWN_LIMIT, STOP_GRACE};
pub(crate) use start_report::StartReport;

/// The first argument of a process that is to be an init.
pub(crate) const ARGUMENT: &str = "__init";
/// The second one of a process that is to try out namespaces.
pub(crate) const PROBE: &str = "--probe";

/// Becomes the init of a local instance if this process was started as one (`hoist __init …`), and gives its exit code.
///
/// Called before anything else: the init must be single-threaded when it enters its namespaces.
pub fn init_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let directory = arguments.next()?;
    Some(if directory == PROBE { daemonize::probe() } else { daemonize::start(Path::new(&directory)) })
}
