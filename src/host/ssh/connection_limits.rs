//! How much of this machine the connections may take.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// How many connections are opened side by side. Each costs both ends some 10 ms of computing, so more do not help
/// where hosts answer; but a host that is still booting holds its place for ten seconds, and shall not hold up many
/// others.
const CONNECTING: usize = 64;

/// How many connections stay open. Each is a process of about 2 MB of its own.
const OPEN: usize = 512;

/// Open files of this process for one program that runs on a host: three pipes and the notice of its end, and as many
/// again for a moment while it is started.
const FILES_EACH: usize = 8;

/// Open files that are left to everything else: the database, the cloud's connections, local hosts.
const FILES_KEPT: usize = 128;

/// Processes for one program that runs on a host: the connection and its client.
const PROCESSES_EACH: usize = 2;

/// The limits of all connections of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How many connections are opened side by side.
    pub connecting: usize,
    /// How many connections are open; idle ones are closed for others, the least recently used first.
    pub open: usize,
    /// How many things are asked of hosts at once.
    pub asking: usize,
}

impl ConnectionLimits {
    /// What this process may use of files and processes, less what others need.
    ///
    /// On most systems it may open 1024 files, which is not enough, and more if it asks for it: so it asks.
    pub fn of_this_process() -> Self {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((u64::MAX, u64::MAX));
        let raised = hard.min((FILES_KEPT + OPEN * FILES_EACH) as u64);
        // Where it is refused, what there is must do.
        let files =
            if soft < raised && setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_ok() { raised } else { soft };
        let processes = getrlimit(Resource::RLIMIT_NPROC).map_or(u64::MAX, |(soft, _)| soft);
        let count = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
        Self::within(count(files), count(processes))
    }

    fn within(files: usize, processes: usize) -> Self {
        // The user has other processes too.
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
