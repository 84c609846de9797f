//! Inits that do not answer: their process, their host, and the remedy.

use std::io;
use std::time::Duration;

use crate::os::processes;
use crate::provider::{Awaited, HostError};

/// The reason why a running init did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnresponsiveInit {
    /// The init was stopped, and continues only at a signal.
    #[error("its init, process {0}, is stopped")]
    Stopped(i32),
    /// The init takes too long.
    #[error("its init, process {process}, does not answer within {} s", limit.as_secs())]
    Slow {
        /// The init's process id.
        process: i32,
        /// The time limit.
        limit: Duration,
    },
}

impl UnresponsiveInit {
    /// Returns the reason if this process was stopped.
    pub(crate) fn of_stopped(process: i32) -> Option<Self> {
        processes::is_stopped(process).then_some(Self::Stopped(process))
    }

    /// Returns the remedy.
    pub(crate) fn hint(self) -> String {
        match self {
            Self::Stopped(process) => format!("kill -CONT {process} lets it go on"),
            Self::Slow { process, .. } => {
                format!("look at what keeps it (ps -o pid,stat,wchan,args -p {process}), and try again")
            }
        }
    }

    /// Converts this to the error for the host `name`.
    pub(super) fn of_host(self, name: &str) -> HostError {
        let why = match self {
            Self::Stopped(_) => "it is stopped".to_owned(),
            Self::Slow { limit, .. } => format!("it did not answer within {} s", limit.as_secs()),
        };
        let (Self::Stopped(process) | Self::Slow { process, .. }) = self;
        let at_once = matches!(self, Self::Stopped(_));
        let awaited = Awaited { what: format!("process {process}, the init of {name}"), why, at_once };
        HostError::unreachable(format!("{name} does not answer: {self}")).hint(self.hint()).awaited(awaited)
    }
}

impl From<UnresponsiveInit> for io::Error {
    fn from(silence: UnresponsiveInit) -> Self {
        Self::new(io::ErrorKind::TimedOut, silence)
    }
}
