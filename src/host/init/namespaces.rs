//! The namespaces that isolate an instance from its machine.
//!
//! The network is shared: an instance is reachable from outside at its loopback address. Files are shared except for
//! `/tmp`, `/var/tmp`, `/dev/shm` and `/proc`. Users are the same inside and outside.

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

/// The directory of POSIX shared memory.
const SHM: &str = "/dev/shm";

/// Binds a directory with all that is mounted below it: to an unprivileged user the kernel refuses one without
/// (mount_namespaces(7), "Restrictions on mount namespaces").
const WITH_ITS_MOUNTS: MsFlags = MsFlags::MS_BIND.union(MsFlags::MS_REC);

/// Moves this process, which must have a single thread, into new namespaces. Its next child is the first process in
/// them.
///
/// As root, no user namespace is needed, and without one the instance's programs can use ports below 1024 and switch to
/// other users, as on a computer of their own.
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
    // The kernel requires this order: an unprivileged user can map groups only after giving up setgroups.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Sets up the mounts of the first process in new namespaces. `directory`, and `shared` if it exists, keep their paths
/// inside, wherever they are.
pub(super) fn furnish(directory: &Path, shared: Option<&Path>) -> io::Result<()> {
    detach()?;
    // Through these descriptors they are still accessible when their paths are hidden.
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
    // Last, since until here this process is known by its id in the outer /proc.
    mount_proc()
}

/// Mounts `directory` at its path again if a mount on `public` has hidden it.
fn show_again(directory: &Path, handle: &fs::File, public: &Path) -> io::Result<()> {
    if !directory.starts_with(public) {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    let source = format!("/proc/self/fd/{}", handle.as_raw_fd());
    bare_mount(Some(Path::new(&source)), directory, None, WITH_ITS_MOUNTS)
}

/// Tests in new namespaces the operations that [`furnish`] and [`name`] need, leaving nothing behind.
pub(super) fn try_out() -> io::Result<()> {
    detach()?;
    let tmp = fs::canonicalize("/tmp")?;
    bare_mount(Some(&tmp), &tmp, None, WITH_ITS_MOUNTS)?;
    mount_shm()?;
    mount_proc()?;
    Ok(sethostname("hoist-probe")?)
}

/// Keeps mounts in this namespace from propagating outside. Unmounts outside propagate into it, so that it keeps no
/// file system busy.
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

/// Sets the host name, and makes it resolvable for programs.
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
