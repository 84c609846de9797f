//! Control groups, by which all processes that ever came from a host are found, whatever they have changed about
//! themselves.
//!
//! A process may change its name, its environment, its output, its parent and its user, but it stays in the group in
//! which it was forked. So a host without a process namespace gets its own group wherever the kernel lets this user
//! make one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::processes::{self, Handle};

/// The file with the processes of a group. A process that writes 0 to it enters the group.
const PROCESSES: &str = "cgroup.procs";

/// The file for killing all processes of a group at once, if the kernel supports it.
const KILL: &str = "cgroup.kill";

/// The prefix of our groups' names, followed by the host's id.
const PREFIX: &str = "hoist-";

/// The hierarchies of cgroup v1 in which a new group accepts processes without further settings.
const PLAIN_HIERARCHIES: [&str; 3] = ["pids", "freezer", "name=systemd"];

/// The time that killed processes may take to vanish.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The pause between two checks.
const LOOK_PAUSE: Duration = Duration::from_millis(2);

/// A host's group.
#[derive(Clone, Debug)]
pub(crate) struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// Makes a group for the host with this id, below this process's own group.
    ///
    /// # Errors
    /// No group can be made here.
    pub(crate) fn make(id: &str) -> io::Result<Self> {
        let mut why = io::Error::new(io::ErrorKind::NotFound, "no hierarchy of control groups is mounted here");
        for base in bases() {
            let group = Self { path: base.join(format!("{PREFIX}{id}")) };
            match group.try_make() {
                Ok(()) => return Ok(group),
                Err(error) => {
                    let message = format!("cannot make a control group in {}: {error}", base.display());
                    why = io::Error::new(error.kind(), message);
                }
            }
        }
        Err(why)
    }

    /// Returns the existing group of the host with this id.
    pub(crate) fn found(id: &str) -> Option<Self> {
        let places = bases().into_iter().map(|base| base.join(format!("{PREFIX}{id}")));
        places.into_iter().find(|path| path.is_dir()).map(Self::at)
    }

    /// Returns the group in this directory, which may be gone already.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns the group's directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn try_make(&self) -> io::Result<()> {
        let made = match fs::create_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            other => other.map(|()| true)?,
        };
        let open = self.entrance().map(drop);
        if open.is_err() && made {
            // The group is empty, so leaving it does no harm.
            let _ = fs::remove_dir(&self.path);
        }
        open
    }

    /// Opens the file by which a process enters the group, by writing `0`.
    pub(crate) fn entrance(&self) -> io::Result<File> {
        OpenOptions::new().write(true).open(self.path.join(PROCESSES))
    }

    /// Kills all processes in the group until none is left, and removes it.
    ///
    /// # Errors
    /// The processes that are left after [`KILL_LIMIT`], each as `PID (name)`; or the reason why they cannot be listed.
    pub(crate) fn end(&self) -> Result<(), Survivors> {
        let give_up = Instant::now() + KILL_LIMIT;
        loop {
            if !self.path.exists() {
                // Only an empty group can be removed. If its hierarchy is not visible, its absence says nothing.
                let seen = self.path.parent().is_some_and(|parent| parent.join(PROCESSES).exists());
                return if seen {
                    Ok(())
                } else {
                    Err(Survivors::Unseen(format!("{} is not there", self.path.display())))
                };
            }
            let members = members(&self.path)
                .map_err(|error| Survivors::Unseen(format!("cannot read {}: {error}", self.path.display())))?;
            if members.is_empty() && remove(&self.path).is_ok() {
                return Ok(());
            }
            if Instant::now() > give_up {
                return Err(Survivors::Processes(members.into_iter().map(processes::describe).collect()));
            }
            // All at once, if supported. Otherwise processes forked meanwhile are killed in the next round.
            let _ = fs::write(self.path.join(KILL), "1");
            for process in members {
                if let Some(handle) = Handle::open(process) {
                    handle.signal(Signal::SIGKILL);
                }
            }
            std::thread::sleep(LOOK_PAUSE);
        }
    }
}

/// The reason why a group is not known to be empty.
#[derive(Clone, Debug)]
pub(crate) enum Survivors {
    /// The processes still in the group.
    Processes(Vec<String>),
    /// The group cannot be examined.
    Unseen(String),
}

/// Returns every process in a group and in the groups below it, which the host's programs made.
fn members(group: &Path) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for directory in groups(group)? {
        match fs::read_to_string(directory.join(PROCESSES)) {
            Ok(text) => found.extend(text.lines().filter_map(|line| line.parse::<i32>().ok()).filter(|&it| it > 0)),
            // Removed since it was listed, so it was empty.
            Err(error) if matches!(error.raw_os_error(), Some(nix::libc::ENOENT | nix::libc::ENODEV)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Returns a group and all groups below it, parents first.
fn groups(group: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = vec![group.to_owned()];
    let mut next = 0;
    while let Some(directory) = all.get(next).cloned() {
        next += 1;
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        all.extend(
            entries.flatten().filter(|one| one.file_type().is_ok_and(|kind| kind.is_dir())).map(|one| one.path()),
        );
    }
    Ok(all)
}

fn remove(group: &Path) -> io::Result<()> {
    for directory in groups(group)?.into_iter().rev() {
        match fs::remove_dir(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Returns the directories of this process's own groups in which a group can be made, in order of preference.
fn bases() -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    bases_of(&own, &mounts)
}

fn bases_of(own: &str, mounts: &str) -> Vec<PathBuf> {
    let wanted = std::iter::once("").chain(PLAIN_HIERARCHIES);
    wanted.filter_map(|hierarchy| base(own, mounts, hierarchy)).collect()
}

/// Returns the directory of this process's group in a hierarchy; that of cgroup v2 has no name.
fn base(own: &str, mounts: &str, hierarchy: &str) -> Option<PathBuf> {
    let group = own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (names, path) = rest.split_once(':')?;
        (names.split(',').any(|name| name == hierarchy)).then_some(path)
    })?;
    mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut kind = kind.split(' ');
        let (kind, options) = (kind.next()?, kind.nth(1)?);
        let is_it = match hierarchy {
            "" => kind == "cgroup2",
            name => kind == "cgroup" && options.split(',').any(|option| option == name),
        };
        let mut place = place.split(' ').skip(3);
        let (root, point) = (place.next()?, place.next()?);
        // A group outside the mount is unreachable.
        let below = Path::new(group).strip_prefix(root).ok().filter(|_| is_it && !group.contains("/.."))?;
        Some(Path::new(point).join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_hierarchies_are_found_where_they_are_mounted() {
        let mounts = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 /outer /sys/fs/cgroup/systemd rw,relatime shared:9 - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
        let own = "9:name=systemd:/outer/inner\n8:pids:/a\n4:memory:/b\n0::/user.slice/x\n";
        let found = bases_of(own, mounts);
        let expected = ["/sys/fs/cgroup/unified/user.slice/x", "/sys/fs/cgroup/pids/a", "/sys/fs/cgroup/systemd/inner"];
        assert_eq!(found, expected.map(PathBuf::from));
        // The process's group is outside the mount.
        assert_eq!(bases_of("0::/../other\n", mounts), [] as [PathBuf; 0]);
        assert_eq!(bases_of("9:name=systemd:/elsewhere\n", mounts), [] as [PathBuf; 0]);
    }

    #[test]
    fn a_group_that_cannot_be_seen_proves_nothing() {
        let nowhere = tempfile::tempdir().unwrap();
        let left = Cgroup::at(nowhere.path().join("hoist-i-1")).end();
        assert!(matches!(left, Err(Survivors::Unseen(_))), "{left:?}");
    }
}
