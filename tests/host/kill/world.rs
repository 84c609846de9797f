//! A place of its own for one life: a state file, a local cloud, two plans, and a log that no instance takes with it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hoist_test_support::call::Call;
use serde_json::Value;

/// The run's name.
pub(crate) const RUN: &str = "killed";

/// Notes that it runs, takes a moment, and writes something for the next level.
const BOOT: &str = r#"#!/bin/sh
echo "$2 $3" >> "$1/boots"
sleep 0.04
echo "{\"word\": \"word of $2\"}" > bootout.json
"#;

/// The same, and leaves a process behind that forked twice, is deaf to SIGTERM and listens on the instance's address.
const DEAF: &str = r#"#!/bin/sh
echo "$2 $3" >> "$1/boots"
sleep 0.02
exec perl -MIO::Socket::INET -MPOSIX=setsid -e '
    $SIG{TERM} = "IGNORE";
    my $listener;
    if ($ARGV[0] ne "nowhere") {
        $listener = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 7070, Listen => 5) or die "listen: $!";
    }
    exit 0 if fork;
    setsid;
    exit 0 if fork;
    open STDOUT, ">", "/dev/null";
    open STDERR, ">", "/dev/null";
    sleep 1000 while 1;
' "$4"
"#;

const READY: &str = "#!/bin/sh\nsleep 0.01\n";

const BYE: &str = "#!/bin/sh\necho \"$2 $3\" >> \"$1/byes\"\nsleep 0.02\n";

/// One of the two plans of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// What is booted.
    First,
    /// What it is reloaded with.
    Second,
}

/// Where one life takes place.
pub(crate) struct World {
    directory: tempfile::TempDir,
}

impl World {
    /// A new one in a directory that instances see.
    pub(crate) fn new(shared: &Path) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-kill-").tempdir_in(shared).unwrap();
        let world = Self { directory };
        for name in ["state", "plan", "log"] {
            fs::DirBuilder::new().mode(0o700).create(world.path(name)).unwrap();
        }
        for (name, content) in [("boot.sh", BOOT), ("deaf.sh", DEAF), ("ready.sh", READY), ("bye.sh", BYE)] {
            let path = world.path("plan").join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for which in [Which::First, Which::Second] {
            fs::write(world.plan(which), world.plan_text(which)).unwrap();
        }
        world
    }

    /// All of it.
    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// A plan's file.
    pub(crate) fn plan(&self, which: Which) -> PathBuf {
        self.path("plan").join(format!("{which:?}.toml"))
    }

    fn plan_text(&self, which: Which) -> String {
        let log = self.path("log").display().to_string();
        let program = |file: &str, more: &str| {
            format!(r#"{{ program = "{file}", args = [{log:?}, "${{.name}}", {more}], timeout = "60s" }}"#)
        };
        let id = r#""${.instance_id}""#;
        let (boot, deaf) = (program("boot.sh", id), program("deaf.sh", &format!(r#"{id}, "${{.address}}""#)));
        let reader = program("boot.sh", &format!(r#"{id}, "${{base.word}}""#));
        let deaf_here = program("deaf.sh", r#""this-host", "nowhere""#);
        let boot_there = program("boot.sh", r#""an-address""#);
        let bye = program("bye.sh", id);
        let (replicas, cache) = match which {
            Which::First => (3, String::new()),
            Which::Second => (2, format!("[levels.services.cache]\nboot = {boot}\nready = \"ready.sh\"\n")),
        };
        format!(
            r#"name = "{RUN}"
[[levels]]
[levels.services.base]
boot = {boot}
ready = "ready.sh"
terminate = {bye}
[levels.services.here]
run_on = "this-host"
boot = {deaf_here}
ready = "ready.sh"
[[levels]]
[levels.services.web]
replicas = {replicas}
boot = {reader}
ready = "ready.sh"
terminate = {bye}
[levels.services.edge]
address = "127.0.0.1"
run_on = "this-host"
boot = {boot_there}
ready = "ready.sh"
{cache}
[[levels]]
[levels.services.front]
boot = {deaf}
ready = "ready.sh"
"#
        )
    }

    /// The services of a plan that have an instance.
    pub(crate) fn machines(which: Which) -> &'static [&'static str] {
        match which {
            Which::First => &["base", "front", "web-0", "web-1", "web-2"],
            Which::Second => &["base", "cache", "front", "web-0", "web-1"],
        }
    }

    /// A hoist that works here.
    pub(crate) fn hoist(&self, arguments: &[&str]) -> Call {
        Call::hoist(self.root())
            .args(arguments)
            .env("HOME", self.root())
            .env("HOIST_STATE", self.path("state").join("hoist.db"))
    }

    /// Where the instances of the local cloud are.
    pub(crate) fn instances(&self) -> PathBuf {
        self.path("state").join("local/instances")
    }

    /// What must be empty when the run is gone.
    pub(crate) fn infrastructure(&self) -> [PathBuf; 3] {
        let state = self.path("state");
        [self.instances(), state.join("local/reservations"), state.join("this-host")]
    }

    /// The status that each init wrote of itself, by the name of its directory.
    pub(crate) fn inits(&self) -> BTreeMap<String, Value> {
        let here = self.path("state").join("this-host");
        let entries = [self.instances(), here].into_iter().filter_map(|directory| fs::read_dir(directory).ok());
        let status = |entry: fs::DirEntry| {
            let content = fs::read(entry.path().join("status.json")).ok()?;
            Some((entry.file_name().to_string_lossy().into_owned(), serde_json::from_slice(&content).ok()?))
        };
        entries.flatten().flatten().filter_map(status).collect()
    }

    /// What programs wrote into a log: how often each line is there.
    pub(crate) fn log(&self, name: &str) -> BTreeMap<String, usize> {
        let mut lines = BTreeMap::new();
        for line in fs::read_to_string(self.path("log").join(name)).unwrap_or_default().lines() {
            *lines.entry(line.to_owned()).or_default() += 1;
        }
        lines
    }
}

/// A directory that instances see as it is: they have their own `/tmp`, `/var/tmp` and `/dev/shm`.
pub(crate) fn shared_directory() -> Option<PathBuf> {
    let candidates = [Some(hoist_test_support::place::scratch()), std::env::var_os("HOME").map(PathBuf::from)];
    candidates.into_iter().flatten().filter_map(|path| path.canonicalize().ok()).find(|path| {
        let hidden = ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|own| path.starts_with(own));
        !hidden && tempfile::tempdir_in(path).is_ok()
    })
}
