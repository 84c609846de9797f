//! What is left of a life: processes, files, and sockets.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::world::World;

/// A process that belongs to a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) number: i32,
    /// The instance whose mark it carries.
    pub(crate) instance: Option<String>,
    /// What it was started as.
    pub(crate) command: String,
}

impl Process {
    /// Whether it is an instance's init.
    pub(crate) fn is_init(&self) -> bool {
        self.command.contains(" __init ")
    }
}

/// Every process that names the world: in its environment or arguments, or by the directory that it is in.
pub(crate) fn processes(world: &World) -> Vec<Process> {
    let root = world.root().as_os_str().as_bytes();
    let names = |bytes: &[u8]| bytes.windows(root.len()).any(|window| window == root);
    let look = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let inside = fs::read_link(entry.path().join("cwd")).is_ok_and(|directory| directory.starts_with(world.root()));
        if !inside && !names(&environment) && !names(&command) {
            return None;
        }
        let mark = environment.split(|&byte| byte == 0).find_map(|variable| variable.strip_prefix(b"HOIST_INSTANCE="));
        Some(Process {
            number,
            instance: mark.map(|id| String::from_utf8_lossy(id).into_owned()),
            command: String::from_utf8_lossy(&command).replace('\0', " "),
        })
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(look).collect()
}

/// Everything in a directory, which need not exist.
pub(crate) fn entries(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The sockets with one of these names, and the listeners on one of these addresses.
pub(crate) fn sockets(names: &[String], addresses: &[String]) -> Vec<String> {
    const LISTENING: &str = "0A";
    let unix = fs::read_to_string("/proc/net/unix").unwrap();
    let tcp = fs::read_to_string("/proc/net/tcp").unwrap();
    let written: Vec<String> = addresses
        .iter()
        .map(|address| {
            let [a, b, c, d] = address.parse::<std::net::Ipv4Addr>().unwrap().octets();
            format!("{d:02X}{c:02X}{b:02X}{a:02X}:")
        })
        .collect();
    let named = unix.lines().filter(|line| names.iter().any(|name| line.ends_with(&format!("@{name}"))));
    let listening = tcp.lines().filter(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next().unwrap_or_default(), fields.nth(1).unwrap_or_default());
        state == LISTENING && written.iter().any(|address| local.starts_with(address.as_str()))
    });
    named.chain(listening).map(str::to_owned).collect()
}
