//! What processes take of memory.

use hoist_test_support::process::kilobytes;

/// Begins the peak of this process's memory anew (proc_pid_clear_refs(5)).
pub(super) fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("the kernel lets a process reset its own peak");
}

/// Returns a size of a process that runs, in MB.
pub(super) fn megabytes(process: u32, size: &str) -> u64 {
    kilobytes(process, size).expect("the process runs").div_ceil(1024)
}
