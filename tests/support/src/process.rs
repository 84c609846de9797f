//! What a process takes, by the kernel.

use std::fs;
use std::time::Duration;

/// The processor time of a process itself.
pub fn computed(process: u32) -> Duration {
    ticks(&process.to_string())
}

/// The processor time of this thread: what it computes does not depend on what else runs.
pub fn computed_here() -> Duration {
    ticks("thread-self")
}

/// The processor time of a directory of /proc (proc_pid_stat(5); a tick has 10 ms).
fn ticks(directory: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{directory}/stat")).expect("the process runs");
    let (_, fields) = stat.rsplit_once(')').expect("the name stands in parentheses");
    let ticks = fields.split_whitespace().skip(11).take(2);
    Duration::from_millis(ticks.map(|ticks| 10 * ticks.parse::<u64>().expect("a number of ticks")).sum())
}

/// A size in the status of a process, in kB (proc_pid_status(5)): `VmRSS` is what it takes, `RssAnon` what of that is
/// its own, `VmHWM` its peak. None of a process that has ended.
pub fn kilobytes(process: u32, size: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(size)?.strip_prefix(':')?.trim().strip_suffix(" kB")?.parse().ok())
}
