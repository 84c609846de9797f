//! What processes take of memory, by the kernel.

/// Begins the peak of this process's memory anew (proc_pid_clear_refs(5)).
pub(super) fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("the kernel lets a process reset its own peak");
}

/// Returns a size in the status of a process (proc_pid_status(5)), in MB: `VmRSS` is what it takes, `VmHWM` its peak.
pub(super) fn megabytes(process: &str, size: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find(|line| line.starts_with(size)).expect("the kernel tells it");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of kB");
    kilobytes.div_ceil(1024)
}
