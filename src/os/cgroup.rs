//! Control groups: by them everything is found that ever came from a host, whatever it has done to itself.
//!
//! A process may change its name, its environment, its output, its parent and its user; it stays in the group that it
//! was born in. So a host without a process namespace gets a group of its own wherever the kernel lets this user make
//! one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::processes::{self, Handle};

/// The file with a group's processes, which takes in whoever writes 0 to it.
const PROCESSES: &str = "cgroup.procs";

/// The file by which everything in a group is killed at once, where the kernel has it.
const KILL: &str = "cgroup.kill";

/// What a group of ours is called, before its host's id.
const PREFIX: &str = "hoist-";

/// The old kind's hierarchies in which a new group takes processes without further settings.
const PLAIN_HIERARCHIES: [&str; 3] = ["pids", "freezer", "name=systemd"];

/// How long killed processes may take to vanish.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The pause between two looks.
const LOOK_PAUSE: Duration = Duration::from_millis(2);

/// A host's group.
#[derive(Clone, Debug)]
pub(crate) struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// A group for the host with this id, below this process's own.
    ///
    /// # Errors
    /// There can be none here.
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

    /// The group that was made for the host with this id, if it is there.
    pub(crate) fn found(id: &str) -> Option<Self> {
        let places = bases().into_iter().map(|base| base.join(format!("{PREFIX}{id}")));
        places.into_iter().find(|path| path.is_dir()).map(Self::at)
    }

    /// The group in this directory, which may be gone by now.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Its directory.
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
            // It is empty, and nothing is lost if it stays.
            let _ = fs::remove_dir(&self.path);
        }
        open
    }

    /// The file by which a process enters it: by writing `0`.
    pub(crate) fn entrance(&self) -> io::Result<File> {
        OpenOptions::new().write(true).open(self.path.join(PROCESSES))
    }

    /// Kills everything in it until nothing is left, and removes it.
    ///
    /// # Errors
    /// What is left after a while, each as `PID (name)`; or why nobody can tell.
    pub(crate) fn end(&self) -> Result<(), Survivors> {
        let give_up = Instant::now() + KILL_LIMIT;
        loop {
            if !self.path.exists() {
                // Only an empty one can be removed. Where its hierarchy is not to be seen, that says nothing.
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
            // All at once, where that can be done; what forks meanwhile is met by the next look otherwise.
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

/// Why a group is not known to be empty.
#[derive(Clone, Debug)]
pub(crate) enum Survivors {
    /// These are still in it.
    Processes(Vec<String>),
    /// It cannot be looked at.
    Unseen(String),
}

/// Every process in a group and in the groups that its programs made below it.
fn members(group: &Path) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for directory in groups(group)? {
        match fs::read_to_string(directory.join(PROCESSES)) {
            Ok(text) => found.extend(text.lines().filter_map(|line| line.parse::<i32>().ok()).filter(|&it| it > 0)),
            // Removed since it was listed, and so empty.
            Err(error) if matches!(error.raw_os_error(), Some(nix::libc::ENOENT | nix::libc::ENODEV)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// A group and all groups below it, the deepest last.
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

/// The directories of this process's own groups in which a group can be made, the best first.
fn bases() -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    bases_of(&own, &mounts)
}

fn bases_of(own: &str, mounts: &str) -> Vec<PathBuf> {
    let wanted = std::iter::once("").chain(PLAIN_HIERARCHIES);
    wanted.filter_map(|hierarchy| base(own, mounts, hierarchy)).collect()
}

/// Where this process's group in a hierarchy is; the new kind's has no name.
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
        // A group outside what is mounted here cannot be reached.
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
        // Of a process whose group is outside of what this mount shows.
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
