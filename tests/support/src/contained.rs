//! A Debian 13 with HTCondor that runs in namespaces of this machine: a root and processes of its own, and this
//! machine's network.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Makes the root; what is started in it follows.
const ROOT: &str = include_str!("contained/root.sh");

/// The search path of this machine and of those in it.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A new startd would measure its processor first, which it shares with every other test, and ask eight Python programs
/// what they transfer.
const NO_BENCHMARKS: &str = "RunBenchmarks = False\nENABLE_URL_TRANSFERS = False\n";

/// Configuration by which whoever is in a pool tells and looks more often than it need do, and measures nothing.
pub const FREQUENT: &str = "RunBenchmarks = False\nENABLE_URL_TRANSFERS = False\nUPDATE_INTERVAL = 2\n\
                            MASTER_UPDATE_INTERVAL = 2\nPOLLING_INTERVAL = 1\n";

/// What a machine begins as: a directory that its first process makes a root of.
pub struct Seed {
    directory: tempfile::TempDir,
    name: String,
}

/// A machine that runs. All of it ends when it is dropped, and when the test's process dies.
pub struct Contained {
    directory: tempfile::TempDir,
    process: Child,
}

impl Seed {
    /// The seed of a machine that is to be at this address.
    pub fn new(prefix: &str, address: &str) -> Self {
        let directory = tempfile::Builder::new().prefix(prefix).tempdir().unwrap();
        fs::create_dir(directory.path().join("root")).unwrap();
        let name = format!("ip-{}", address.replace('.', "-"));
        let seed = Self { directory, name };
        seed.put("etc/hostname", format!("{}\n", seed.name).as_bytes(), 0o644);
        seed.put("etc/hosts", format!("127.0.0.1 localhost\n{address} {}\n", seed.name).as_bytes(), 0o644);
        seed.put("etc/condor/config.d/91-no-benchmarks.config", NO_BENCHMARKS.as_bytes(), 0o644);
        seed
    }

    /// The machine's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Something in the machine's directory, beside its root.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Puts a file where the machine has it.
    pub fn put(&self, path: &str, content: &[u8], mode: u32) {
        let path = self.path("seed").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Starts the machine as a copy of `debian`; what `script` says is run once there is a root, in this machine's own.
    pub fn start(self, debian: &Path, script: &str) -> Contained {
        let Self { directory, name } = self;
        let console = directory.path().join("console");
        let console = OpenOptions::new().create(true).append(true).mode(0o600).open(console).unwrap();
        let process = Command::new("unshare")
            .args(["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--propagation=private"])
            .args(["sh", "-c", &format!("{ROOT}{script}"), "machine"])
            .args([directory.path(), debian])
            .arg(&name)
            .env_clear()
            .env("PATH", SEARCH_PATH)
            .stdin(Stdio::piped())
            .stdout(console.try_clone().unwrap())
            .stderr(console)
            .spawn()
            .unwrap();
        Contained { directory, process }
    }
}

/// By its whole path: the standard library forks to look for a program in another PATH than its own, and a fork of a process with
/// as much memory as that of many tests takes long.
const NSENTER: &str = "/usr/bin/nsenter";

impl Contained {
    /// Everything that it has written to its console.
    pub fn console(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.path().join("console")).unwrap()).into_owned()
    }

    /// The words before a command with which a user runs it there; none where it has not started.
    pub fn enter(&self, user: &str) -> Option<Vec<String>> {
        let unshare = self.process.id();
        // Its first process, as this machine numbers it.
        let children = fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).unwrap_or_default();
        let init = children.split_whitespace().next()?;
        let words =
            [NSENTER, "-t", init, "--mount", "--pid", "--uts", "--ipc", "--root", "--wd", "runuser", "-u", user];
        Some(words.into_iter().chain(["--"]).map(str::to_owned).collect())
    }

    /// Runs a command of a user's on it; none where it has not started.
    pub fn run(&self, user: &str, command: &str) -> Option<Output> {
        let words = self.enter(user)?;
        let output = Command::new(&words[0])
            .args(&words[1..])
            .args(["sh", "-c", command])
            .env_clear()
            .env("PATH", SEARCH_PATH)
            .output();
        Some(output.unwrap())
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        // With the process that started it goes the first process of its namespace, and with that all others.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
