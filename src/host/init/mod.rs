//! The init of a local host: a small process that outlives the command, runs programs, and takes in what they leave.
//!
//! It is this same binary, started as `hoist __init DIRECTORY`. It has one thread and does everything in one loop.

mod address;
mod config;
mod connection;
mod daemonize;
mod event_loop;
mod file_worker;
mod job;
mod lease;
mod namespaces;
mod output_files;
mod shutdown;
mod user_data;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

pub(crate) use config::{FileToWrite, HostKind, InitConfig, InstanceUserData, UserDataStep};
pub(crate) use lease::{LeaseTerms, read_lease, write_lease};
pub(crate) use shutdown::{SHUTDOWN_LIMIT, STOP_GRACE};

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

/// How starting an init went; what it writes to its standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StartReport {
    /// It serves.
    Ready,
    /// Another one does, or is about to.
    AlreadyThere,
    /// It could not be started.
    Failed(String),
}

impl StartReport {
    const READY: &str = "ready";
    const ALREADY_THERE: &str = "already there";
    const FAILED: &str = "failed: ";

    /// Reads what [`Self::send`] wrote; nothing at all means that the process ended on the way.
    pub(crate) fn read(text: &str) -> Self {
        match text {
            Self::READY => Self::Ready,
            Self::ALREADY_THERE => Self::AlreadyThere,
            "" => Self::Failed("it ended without a word".to_owned()),
            other => Self::Failed(other.strip_prefix(Self::FAILED).unwrap_or(other).to_owned()),
        }
    }

    fn send(&self) {
        let text = match self {
            Self::Ready => Self::READY.to_owned(),
            Self::AlreadyThere => Self::ALREADY_THERE.to_owned(),
            Self::Failed(message) => format!("{}{message}", Self::FAILED),
        };
        let mut output = std::io::stdout();
        // Whoever asked may be gone; the instance does not depend on that.
        let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    }
}
