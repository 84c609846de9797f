//! Processes of this machine.

use nix::sys::signal::{Signal, kill as send};
use nix::unistd::Pid;

/// Those that run the program of the first name, with the other texts in their command line.
pub(crate) fn matching(texts: &[&str]) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(process) = entry.file_name().to_string_lossy().parse() else { continue };
        let line =
            String::from_utf8_lossy(&std::fs::read(entry.path().join("cmdline")).unwrap_or_default()).into_owned();
        let program = line.split('\0').next().and_then(|program| program.rsplit('/').next()).unwrap_or_default();
        if program == texts[0] && texts[1..].iter().all(|text| line.contains(text)) {
            found.push(process);
        }
    }
    found
}

pub(crate) fn kill(process: i32) {
    let _ = send(Pid::from_raw(process), Signal::SIGKILL);
}
