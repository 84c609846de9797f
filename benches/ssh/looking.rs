//! What hosts over SSH take of this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hoist_test_support::process::kilobytes;

/// The pause between two looks at what it takes: each look takes some milliseconds from them.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// The size of a page of memory.
const PAGE: u64 = 4096;

/// The most that was in use at any look.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Most {
    pub(crate) processes: usize,
    /// KiB.
    pub(crate) memory: u64,
    pub(crate) files: usize,
}

/// Looks at the processes from time to time.
pub(crate) struct Looking {
    ends: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Most>,
}

impl Looking {
    pub(crate) fn start(mark: String) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let flag = ends.clone();
        let thread = std::thread::spawn(move || {
            let mut most = Most::default();
            while !flag.load(Ordering::Relaxed) {
                let now = look(&mark);
                most.processes = most.processes.max(now.processes);
                most.memory = most.memory.max(now.memory);
                most.files = most.files.max(now.files);
                std::thread::sleep(LOOK_PAUSE);
            }
            most
        });
        Self { ends, thread }
    }

    pub(crate) fn end(self) -> Most {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().expect("looking does not fail")
    }
}

/// Our clients: the connections, which name our directory, and what is asked over them.
fn look(mark: &str) -> Most {
    let mut seen = Most { files: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count), ..Most::default() };
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(line) = std::fs::read(path.join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line);
        if !line.starts_with("ssh\0") || !(line.contains(mark) || line.contains("/master")) {
            continue;
        }
        seen.processes += 1;
        // Pages: all, in memory, and of these the ones shared with other processes.
        let memory = std::fs::read_to_string(path.join("statm")).unwrap_or_default();
        let mut pages = memory.split(' ').skip(1).filter_map(|count| count.parse::<u64>().ok());
        let own = pages.next().unwrap_or(0).saturating_sub(pages.next().unwrap_or(0));
        seen.memory += own * PAGE / 1024;
    }
    seen
}

/// The most memory of this process, in MB.
pub(crate) fn own_peak() -> f64 {
    let peak = kilobytes(std::process::id(), "VmHWM").and_then(|peak| u32::try_from(peak).ok());
    f64::from(peak.unwrap_or(0)) / 1024.0
}
