//! A user's place: a home with an SSH key, plans, a state file, and an EC2 to launch on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use serde_json::Value;

use crate::ec2_runs::yard::{PORT, Yard};
use hoist_test_support::aws::{FaultProxy, Faults, IMAGE};
use hoist_test_support::call::Call;
use hoist_test_support::machine::{CloudInit, Machine, generate_key};
use hoist_test_support::ran::Ran;
use hoist_test_support::tree;

/// The secret half of the credentials; no file, log or command line may hold it.
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMIsecretK7MDENGbPxRfiCYEXAMPLEKEY";

/// Where nothing listens: no program is given a port below 1024 by chance.
pub(crate) const NOBODY: &str = "http://127.0.0.1:9";

/// A user's place. Nothing may be left of its runs when it is dropped.
pub(crate) struct Lab {
    directory: tempfile::TempDir,
    pub(crate) cloud: FaultProxy,
    pub(crate) yard: Arc<Yard>,
}

impl Lab {
    /// `None` where a real part is missing; that is said loudly, and is a failure with `HOIST_TEST_REQUIRE_ALL=1`.
    pub(crate) fn new(faults: Faults, cloud_init: CloudInit) -> Option<Self> {
        if let Some(why) = Machine::lacks(cloud_init) {
            hoist_test_support::skip::skip(&why);
            return None;
        }
        let yard = Arc::new(Yard::new(cloud_init));
        let cloud = FaultProxy::with_compute(faults, yard.clone())?;
        Some(Self::around(cloud, yard))
    }

    /// With machines that do not compute, for plans without programs: `None` where moto cannot run.
    pub(crate) fn without_machines(faults: Faults) -> Option<Self> {
        Some(Self::around(FaultProxy::start(faults)?, Arc::new(Yard::new(CloudInit::Fast))))
    }

    fn around(cloud: FaultProxy, yard: Arc<Yard>) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-ec2-").tempdir().unwrap();
        let lab = Self { directory, cloud, yard };
        for name in ["home", "home/.ssh", "plan"] {
            fs::create_dir(lab.path(name)).unwrap();
            fs::set_permissions(lab.path(name), Permissions::from_mode(0o700)).unwrap();
        }
        generate_key(&lab.path("home/.ssh/id_ed25519"));
        fs::write(lab.path("home/.ssh/config"), format!("Host 127.*\n    Port {PORT}\n")).unwrap();
        lab.cloud.import_key_pair("hoist", &lab.public_key());
        lab
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// The public half of the user's key.
    pub(crate) fn public_key(&self) -> String {
        fs::read_to_string(self.path("home/.ssh/id_ed25519.pub")).unwrap().trim().to_owned()
    }

    /// A program of the plans.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let path = self.path("plan").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    /// A plan on this EC2, as `plan/NAME.toml`, with what every service of it needs as defaults.
    pub(crate) fn plan(&self, name: &str, levels: &str) {
        let text = format!(
            "name = \"{name}\"\n[defaults]\ncloud = \"ec2\"\nimage = \"{IMAGE}\"\ninstance_type = \"t3.micro\"\nkey_name = \"hoist\"\n\
             ssh = {{ user = \"root\", key = \"~/.ssh/id_ed25519\" }}\n{levels}\n"
        );
        fs::write(self.path("plan").join(format!("{name}.toml")), text).unwrap();
    }

    /// A hoist command, its words separated by spaces.
    pub(crate) fn command(&self, words: &str) -> Call {
        Call::hoist(self.root())
            .in_directory(self.path("plan"))
            .words(words)
            .env("HOME", self.path("home"))
            .env("HOIST_STATE", self.state())
            .on_aws("AKIAIOSFODNN7EXAMPLE", SECRET_KEY, &self.cloud.endpoint())
    }

    /// Runs a hoist command to its end, with these changes to its environment: a variable without a value is removed.
    pub(crate) fn hoist_with(&self, environment: &[(&str, Option<&str>)], words: &str) -> Ran {
        let change = |call: Call, (name, value): &(&str, Option<&str>)| match value {
            Some(value) => call.env(name, value),
            None => call.without_env(name),
        };
        environment.iter().fold(self.command(words), change).run()
    }

    /// A file beside the plans.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path("plan").join(name), content).unwrap();
    }

    /// How many calls were made that launch.
    pub(crate) fn launches(&self) -> usize {
        let rehearsed = |call: &hoist_test_support::aws::Call| call.parameters.get("DryRun") == Some("true");
        let calls = self.cloud.calls();
        calls
            .iter()
            .filter(|call| matches!(call.action.as_str(), "RunInstances" | "CreateFleet") && !rehearsed(call))
            .count()
    }

    /// Asks this EC2 in somebody else's name, as hoist would.
    pub(crate) fn somebody_asks(&self, region: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        use std::io::{Read as _, Write as _};
        let body = hoist_test_support::aws::Parameters::of(action, parameters).form();
        let endpoint = self.cloud.endpoint();
        let host = endpoint.trim_start_matches("http://");
        let mut connection = std::net::TcpStream::connect(host).unwrap();
        write!(
            connection,
            "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=SOMEBODY/20261120/{region}/ec2/aws4_request\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{action}: {answer}");
        answer
    }

    /// The state file.
    pub(crate) fn state(&self) -> PathBuf {
        self.path("state/hoist.db")
    }

    /// Runs a hoist command to its end.
    pub(crate) fn hoist(&self, words: &str) -> Ran {
        self.command(words).run()
    }

    /// A service of a run as `plan show` has it.
    pub(crate) fn service(&self, run: &str, name: &str) -> Value {
        let shown = self.hoist(&format!("plan show {run} -o json")).exit(0).json();
        let levels = shown["levels"].as_array().unwrap();
        let mut services = levels.iter().flat_map(|level| level["services"].as_array().unwrap());
        services.find(|service| service["name"] == name).unwrap().clone()
    }

    /// The instances that exist, whatever hoist thinks.
    pub(crate) fn alive(&self) -> Vec<String> {
        self.cloud.instances().into_iter().filter(|instance| instance.lives()).map(|instance| instance.id).collect()
    }

    /// Every file below the lab.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        tree::files(self.root())
    }
}
