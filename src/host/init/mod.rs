//! The init of a local host: a small process that outlives the hoist command, runs programs, and adopts their orphans.
//!
//! It is the hoist binary, started as `hoist __init DIRECTORY`, with a single thread that runs an event loop.

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
pub(crate) use lease::{LeaseTerms, move_lease, read_lease, write_lease};
pub(crate) use shutdown::{SHUTDOWN_LIMIT, STOP_GRACE};
pub(crate) use start_report::StartReport;

/// The first argument of an init process.
pub(crate) const ARGUMENT: &str = "__init";
/// The second argument of a process that tests whether namespaces are available.
pub(crate) const PROBE: &str = "--probe";

/// Becomes the init of a local instance if this process was started as one (`hoist __init …`), and returns its exit
/// code.
///
/// Must be called before anything else: the init must be single-threaded when it enters its namespaces.
pub fn init_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let directory = arguments.next()?;
    Some(if directory == PROBE { daemonize::probe() } else { daemonize::start(Path::new(&directory)) })
}
