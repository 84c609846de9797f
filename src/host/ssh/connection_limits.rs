//! The limits of the resources that connections use on this machine.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The number of connections opened concurrently. Each costs both ends some 10 ms of CPU time, so more do not help if
/// hosts answer; but a host that is still booting keeps its place for ten seconds, and should not delay many others.
const CONNECTING: usize = 64;

/// The number of connections kept open. Each is a process of about 2 MB.
const OPEN: usize = 512;

/// The number of this process's open files per program running on a host: three pipes and the notification of its end,
/// and as many again briefly while it is started.
const FILES_EACH: usize = 8;

/// The number of open files reserved for other uses: the database, connections to the cloud, local hosts.
const FILES_KEPT: usize = 128;

/// The number of processes per program running on a host: the connection and its client.
const PROCESSES_EACH: usize = 2;

/// The limits of all connections of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// The number of connections opened concurrently.
    pub connecting: usize,
    /// The number of open connections; for a new one, the least recently used idle one is closed.
    pub open: usize,
    /// The number of concurrent requests to hosts.
    pub asking: usize,
}

impl ConnectionLimits {
    /// Returns the limits that follow from this process's resource limits, less a reserve for other uses.
    ///
    /// On most systems the soft limit is 1024 open files, which is not enough, so this raises it.
    pub fn of_this_process() -> Self {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((u64::MAX, u64::MAX));
        let raised = hard.min((FILES_KEPT + OPEN * FILES_EACH) as u64);
        // If raising it is refused, the present limit must do.
        let files =
            if soft < raised && setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_ok() { raised } else { soft };
        let processes = getrlimit(Resource::RLIMIT_NPROC).map_or(u64::MAX, |(soft, _)| soft);
        let count = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
        Self::within(count(files), count(processes))
    }

    fn within(files: usize, processes: usize) -> Self {
        // Half is left for the user's other processes.
        let open = OPEN.min(processes / 2 / PROCESSES_EACH).max(1);
        let asking = (files.saturating_sub(FILES_KEPT) / FILES_EACH).clamp(1, open);
        Self { connecting: CONNECTING.min(open), open, asking }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_machines_get_small_limits() {
        assert_eq!(
            ConnectionLimits::within(20_000, usize::MAX),
            ConnectionLimits { connecting: 64, open: 512, asking: 512 }
        );
        assert_eq!(ConnectionLimits::within(1024, 4000), ConnectionLimits { connecting: 64, open: 512, asking: 112 });
        assert_eq!(ConnectionLimits::within(100, 40), ConnectionLimits { connecting: 10, open: 10, asking: 1 });
        assert_eq!(ConnectionLimits::within(0, 0), ConnectionLimits { connecting: 1, open: 1, asking: 1 });
    }
}
