//! A user's place: a directory to work in, a home, and an EC2 with images, a key pair and everything else to choose
//! from.

use std::fs;
use std::path::{Path, PathBuf};

use hoist_test_support::aws::{FaultProxy, Faults};
use hoist_test_support::call::Call;

pub(crate) use hoist_test_support::eventually::eventually;

/// The secret half of the credentials; no file and no screen may hold it.
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMIsecretK7MDENGbPxRfiCYEXAMPLEKEY";

/// Allows the pool's password in the user data, where machines have no role.
pub(crate) const ALLOW: &str = "--allow-secret htcondor-password:/var/lib/hoist/pool_password";

/// A program that nobody fetches in these tests, and its digest.
pub(crate) const SOURCE: &str = "https://example.org/hoist";
pub(crate) const SHA256: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEzZZmpTq4eZ0rZp0PjTvA2qs0Qy3Ck3Hk1vO3nJrQm9 me";

/// A user's place.
pub(crate) struct Lab {
    directory: tempfile::TempDir,
    root: PathBuf,
    pub(crate) cloud: FaultProxy,
    is_compatible: bool,
}

impl Lab {
    /// With EC2; `None` where moto cannot run, which is said loudly.
    pub(crate) fn new() -> Option<Self> {
        Self::with(false)
    }

    /// With an EC2-like cloud, as its `ec2rc.sh` describes it.
    pub(crate) fn compatible() -> Option<Self> {
        Self::with(true)
    }

    fn with(is_compatible: bool) -> Option<Self> {
        let cloud = FaultProxy::start(Faults::default())?;
        cloud.import_key_pair("ann", KEY);
        cloud.import_key_pair("bob", KEY);
        let directory = tempfile::Builder::new().prefix("hoist-wizard-").tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        fs::create_dir(root.join("home")).unwrap();
        fs::create_dir(root.join("work")).unwrap();
        Some(Self { directory, root, cloud, is_compatible })
    }

    /// An image of the user's own.
    pub(crate) fn image(&self, name: &str) -> String {
        let made = self.cloud.ask("RegisterImage", &[("Name", name), ("Architecture", "x86_64")]);
        made.get("imageId").to_owned()
    }

    /// Where the wizard runs, and writes.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// A hoist command, its words separated by spaces.
    pub(crate) fn hoist(&self, words: &str) -> Call {
        self.hoist_in("work", words)
    }

    /// The same in another directory.
    fn hoist_in(&self, directory: &str, words: &str) -> Call {
        let call = Call::hoist(&self.root.join(directory))
            .words(words)
            .env("HOME", self.root.join("home"))
            .env("HOIST_STATE", self.root.join("state/hoist.db"))
            .env("NO_COLOR", "1");
        if self.is_compatible {
            return call
                .env("EC2_URL", self.cloud.endpoint())
                .env("EC2_ACCESS_KEY", "AKIAIOSFODNN7EXAMPLE")
                .env("EC2_SECRET_KEY", SECRET_KEY);
        }
        call.on_aws("AKIAIOSFODNN7EXAMPLE", SECRET_KEY, &self.cloud.endpoint())
    }

    /// What the wizard has written, by name; the master and its plan as `master` and `master.toml`, whatever the time,
    /// which is taken out of the plan too.
    #[track_caller]
    pub(crate) fn written(&self) -> Written {
        let names = self.names();
        let master = names.iter().find(|name| name.starts_with("master-") && !name.ends_with(".toml"));
        let master = master.unwrap_or_else(|| panic!("no master in {names:?}"));
        let read = |name: &str| fs::read_to_string(self.work().join(name)).unwrap();
        let run = master.replacen("master", "cluster", 1);
        Written {
            master: read(master),
            plan: read(&format!("{master}.toml")).replace(master, "master").replace(&run, "cluster"),
            run,
            name: master.clone(),
            answers: read("hoist-wizard.toml"),
        }
    }

    /// The files of the directory that the wizard writes to, whatever they are called.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.work()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Takes away what the wizard wrote, but for the pool's password.
    pub(crate) fn clear(&self) {
        for name in self.names().iter().filter(|name| name.starts_with("master-") || *name == "hoist-wizard.toml") {
            fs::remove_file(self.work().join(name)).unwrap();
        }
    }

    /// How many calls were made that change something.
    pub(crate) fn changes(&self) -> usize {
        let changing = ["RunInstances", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "CreateTags"];
        changing.iter().map(|action| self.cloud.count(action)).sum()
    }
}

/// The files of a cluster.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The master's file.
    pub(crate) name: String,
    /// The run that its plan makes.
    pub(crate) run: String,
    pub(crate) master: String,
    pub(crate) plan: String,
    pub(crate) answers: String,
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let mut directories = vec![self.directory.path().to_path_buf()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path());
                } else {
                    assert_has_no_secret(&entry.path());
                }
            }
        }
    }
}

fn assert_has_no_secret(path: &Path) {
    let content = fs::read(path).unwrap();
    let has_it = content.windows(SECRET_KEY.len()).any(|part| part == SECRET_KEY.as_bytes());
    assert!(!has_it, "the secret key is in {}", path.display());
}
