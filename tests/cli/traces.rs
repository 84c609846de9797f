//! What a run leaves on the machine: processes, files, sockets.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use hoist_test_support::tree::files;

/// Processes that have `root` in their environment, as `PID command`: everything that hoist starts there has its home,
/// its state file or its instance's directory below it.
pub(crate) fn processes(root: &Path) -> Vec<String> {
    found(root).into_iter().map(|(process, command)| format!("{process} {command}")).collect()
}

/// Kills what [`processes`] finds.
pub(crate) fn kill(root: &Path) {
    for (process, _) in found(root) {
        // It may have ended meanwhile.
        let _ = nix::sys::signal::kill(Pid::from_raw(process), Signal::SIGKILL);
    }
}

fn found(root: &Path) -> Vec<(i32, String)> {
    let root = root.as_os_str().as_encoded_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
        if environment.windows(root.len()).any(|window| window == root) {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push((process, String::from_utf8_lossy(&command).replace('\0', " ")));
        }
    }
    found
}

/// Whether a process runs, and is no zombie.
pub(crate) fn is_running(process: i32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, after)| !after.trim_start().starts_with('Z')))
}

/// The addresses of TCP listeners on this machine.
pub(crate) fn listeners() -> Vec<std::net::Ipv4Addr> {
    const LISTENING: &str = "0A";
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let listener = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let address = u32::from_str_radix(fields.get(1)?.split(':').next()?, 16).ok()?;
        (fields.get(3) == Some(&LISTENING)).then(|| std::net::Ipv4Addr::from(address.to_le_bytes()))
    };
    table.lines().skip(1).filter_map(listener).collect()
}

/// Every file below `directory` with its mode and content, to see that nothing has changed.
pub(crate) fn snapshot(directory: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let look = |path: PathBuf| {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = metadata.file_type();
        // The huge file of a test is a hole; its size is content enough.
        const TOO_MUCH: u64 = 64 * 1024 * 1024;
        let content = if kind.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if kind.is_fifo() || metadata.len() > TOO_MUCH {
            metadata.len().to_string().into_bytes()
        } else {
            fs::read(&path).unwrap_or_default()
        };
        (path, (metadata.permissions().mode(), content))
    };
    files(directory).into_iter().map(look).collect()
}

/// Whether there is a program of this name.
pub(crate) fn is_installed(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .iter()
        .any(|place| Path::new(place).join(program).exists())
}

/// The command line of every process.
pub(crate) fn commands() -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let command = |path: PathBuf| fs::read(path.join("cmdline")).ok();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end_matches('\0').replace('\0', " ");
    entries.filter_map(|entry| command(entry.path()).map(text)).collect()
}
