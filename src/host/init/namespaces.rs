//! The namespaces that keep an instance apart from the machine it runs on.
//!
//! The network is shared: an instance is reached at its loopback address from outside. Files are shared but for
//! `/tmp`, `/var/tmp`, `/dev/shm` and `/proc`; users are the same inside and outside.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid, sethostname};

use crate::host::protocol::InstanceLayout;

/// Where programs share memory by name.
const SHM: &str = "/dev/shm";

/// Moves this process, which must have one thread, into new namespaces; its next child is the first process there.
///
/// With the rights of root no user namespace is needed, and without one the instance's programs may use ports below
/// 1024 and become other users, as on a machine of their own.
pub(super) fn separate() -> io::Result<()> {
    let apart =
        CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;
    match unshare(apart) {
        Ok(()) => return Ok(()),
        Err(Errno::EPERM) => {}
        Err(error) => return Err(error.into()),
    }
    let (user, group) = (getuid(), getgid());
    unshare(apart | CloneFlags::CLONE_NEWUSER).map_err(|error| {
        let why = match error {
            Errno::ENOSPC => "the limit in /proc/sys/user is reached, or 0",
            Errno::EPERM => "the kernel does not let this user make them",
            _ => "the kernel gives none",
        };
        let error = io::Error::from(error);
        io::Error::new(error.kind(), format!("{why}: {error}"))
    })?;
    // The kernel asks for this order: groups cannot be mapped by an ordinary user before setgroups is given up.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Gives the first process of new namespaces its own mounts. `directory` keeps its path inside, wherever it is, and so
/// does `shared` if it is there.
pub(super) fn furnish(directory: &Path, shared: Option<&Path>) -> io::Result<()> {
    detach()?;
    // By these they are still found when what leads to them is hidden.
    let mut shown = vec![(directory, fs::File::open(directory)?)];
    shown.extend(shared.and_then(|shared| Some((shared, fs::File::open(shared).ok()?))));
    let show_again = |public: &Path| shown.iter().try_for_each(|(path, handle)| show_again(path, handle, public));
    let mut hidden = Vec::new();
    for (private, public) in InstanceLayout::MOUNTED {
        let Ok(public) = fs::canonicalize(public) else { continue };
        if hidden.contains(&public) {
            continue;
        }
        bare_mount(Some(&directory.join(private)), &public, None, MsFlags::MS_BIND)?;
        show_again(&public)?;
        hidden.push(public);
    }
    mount_shm()?;
    show_again(Path::new(SHM))?;
    // Last, since until here this process is known by the number that the /proc outside gives it.
    mount_proc()
}

/// Shows `directory` at its path again if a mount on `public` has hidden it.
fn show_again(directory: &Path, handle: &fs::File, public: &Path) -> io::Result<()> {
    if !directory.starts_with(public) {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    let source = format!("/proc/self/fd/{}", handle.as_raw_fd());
    bare_mount(Some(Path::new(&source)), directory, None, MsFlags::MS_BIND)
}

/// Tries in new namespaces what [`furnish`] and [`name`] need, leaving nothing behind.
pub(super) fn try_out() -> io::Result<()> {
    detach()?;
    let tmp = fs::canonicalize("/tmp")?;
    bare_mount(Some(&tmp), &tmp, None, MsFlags::MS_BIND)?;
    mount_shm()?;
    mount_proc()?;
    Ok(sethostname("hoist-probe")?)
}

/// What is mounted in here stays in here; what is unmounted outside later is not kept busy in here.
fn detach() -> io::Result<()> {
    bare_mount(None, Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_SLAVE)
}

fn mount_shm() -> io::Result<()> {
    if !Path::new(SHM).is_dir() {
        return Ok(());
    }
    bare_mount(None, Path::new(SHM), Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV)
}

fn mount_proc() -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    bare_mount(None, Path::new("/proc"), Some("proc"), flags)
}

/// Names the machine, and lets programs look its name up.
pub(super) fn name(directory: &Path, hostname: &str, address: Ipv4Addr) -> io::Result<()> {
    sethostname(hostname)?;
    let shared = Path::new("/etc/hosts");
    if let Ok(hosts) = fs::read(shared) {
        let own = directory.join(InstanceLayout::HOSTS);
        let mut content = format!("{address} {hostname}\n").into_bytes();
        content.extend(hosts);
        fs::write(&own, content)?;
        bare_mount(Some(&own), shared, None, MsFlags::MS_BIND)?;
    }
    Ok(())
}

fn bare_mount(source: Option<&Path>, target: &Path, kind: Option<&str>, flags: MsFlags) -> io::Result<()> {
    mount(source, target, kind, flags, None::<&str>).map_err(|error| {
        let what = kind.map_or_else(|| target.display().to_string(), |kind| format!("{kind} at {}", target.display()));
        io::Error::new(io::Error::from(error).kind(), format!("cannot mount {what}: {}", error.desc()))
    })
}
