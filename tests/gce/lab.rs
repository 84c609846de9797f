//! A user's place: a home with an SSH key, plans, a state file, and a Compute Engine to launch on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hoist_test_support::call::Call;
use hoist_test_support::google::{Faults, GoogleServer, PROJECT, ZONE};
use hoist_test_support::machine::{CloudInit, Machine, generate_key};
use hoist_test_support::ran::Ran;

use crate::yard::{PORT, Yard};

/// An image with cloud-init.
pub(crate) const UBUNTU: &str = "ubuntu-os-cloud/ubuntu-2404-lts-amd64";

/// The longest that a command may take.
const LONGEST: Duration = Duration::from_secs(300);

/// A user's place.
pub(crate) struct Lab {
    directory: tempfile::TempDir,
    pub(crate) cloud: Arc<GoogleServer>,
    pub(crate) yard: Option<Arc<Yard>>,
}

impl Lab {
    /// With machines that compute. `None` where a real part is missing; that is said loudly, and is a failure with
    /// `HOIST_TEST_REQUIRE_ALL=1`.
    pub(crate) fn new(faults: Faults) -> Option<Self> {
        if let Some(why) = Machine::lacks(CloudInit::Fast) {
            hoist_test_support::skip::skip(&why);
            return None;
        }
        let (cloud, yard) = Yard::start(faults)?;
        Some(Self::around(cloud, Some(yard)))
    }

    /// With machines that are only on record, for plans without programs.
    pub(crate) fn without_machines(faults: Faults) -> Option<Self> {
        Some(Self::around(Arc::new(GoogleServer::start(faults)?), None))
    }

    fn around(cloud: Arc<GoogleServer>, yard: Option<Arc<Yard>>) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-gce-").tempdir().unwrap();
        let lab = Self { directory, cloud, yard };
        for name in ["home", "home/.ssh", "plan"] {
            fs::create_dir(lab.path(name)).unwrap();
            fs::set_permissions(lab.path(name), Permissions::from_mode(0o700)).unwrap();
        }
        generate_key(&lab.path("home/.ssh/id_ed25519"));
        fs::write(lab.path("home/.ssh/config"), format!("Host 127.*\n    Port {PORT}\n")).unwrap();
        lab
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// A program of the plans.
    pub(crate) fn program(&self, name: &str, script: &str) {
        self.file(name, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path("plan").join(name), Permissions::from_mode(0o755)).unwrap();
    }

    /// A file beside the plans.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path("plan").join(name), content).unwrap();
    }

    /// A plan on this Compute Engine, as `plan/NAME.toml`, with what every service of it needs as defaults.
    pub(crate) fn plan(&self, name: &str, levels: &str) {
        let text = format!(
            "name = \"{name}\"\n[defaults]\ncloud = \"gce\"\nimage = \"{UBUNTU}\"\ninstance_type = \"e2-small\"\n\
             ssh = {{ user = \"root\", key = \"~/.ssh/id_ed25519\" }}\n{levels}\n"
        );
        self.file(&format!("{name}.toml"), text);
    }

    /// A hoist command, its words separated by spaces.
    pub(crate) fn command(&self, words: &str) -> Call {
        Call::hoist(self.root())
            .in_directory(self.path("plan"))
            .words(words)
            .within(LONGEST)
            .env("HOME", self.path("home"))
            .env("HOIST_STATE", self.path("state/hoist.db"))
            .env("GOOGLE_CLOUD_PROJECT", PROJECT)
            .env("CLOUDSDK_COMPUTE_ZONE", ZONE)
            .env("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", self.cloud.endpoint())
    }

    /// Runs a hoist command to its end.
    pub(crate) fn hoist(&self, words: &str) -> Ran {
        self.command(words).run()
    }

    /// Fails if anything is there that costs money.
    #[track_caller]
    pub(crate) fn nothing_is_left(&self) {
        assert_eq!(self.cloud.instances(), []);
        assert_eq!(self.cloud.disks(), []);
        assert_eq!(self.yard.as_ref().map_or(0, |yard| yard.count()), 0);
    }
}
