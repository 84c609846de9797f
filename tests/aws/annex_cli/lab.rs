//! A user's place: a home, a pool's password, a state file, and an AWS account with the set-up.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hoist_test_support::aws::{FaultProxy, Faults, IMAGE};
use hoist_test_support::call::Call;
use hoist_test_support::ran::Ran;

/// What is in the password file; nothing that is printed or kept may hold it.
pub(crate) const PASSWORD: &str = "aPasswordThatNobodySees";

/// Where the user is: an hour ahead of UTC, in summer and in winter.
const ZONE: &str = "Africa/Lagos";

/// Five in the afternoon of the day after tomorrow, as the user writes it.
pub(crate) fn soon() -> String {
    let now = jiff::Timestamp::now().in_tz(ZONE).unwrap();
    (now + jiff::Span::new().days(2)).strftime("%Y-%m-%d 17:00").to_string()
}

pub(crate) struct Lab {
    directory: tempfile::TempDir,
    /// Where annexes are stacks; none for the local cloud alone.
    pub(crate) cloud: Option<FaultProxy>,
}

impl Lab {
    /// With an AWS account in which nothing is set up; `None` where moto cannot run, which has been said.
    pub(crate) fn bare(faults: Faults) -> Option<Self> {
        Some(Self::around(Some(FaultProxy::start(faults)?)))
    }

    /// With the set-up.
    pub(crate) fn aws() -> Option<Self> {
        let lab = Self::bare(Faults::default())?;
        lab.hoist("annex setup --yes --from 192.0.2.0/24").exit(0);
        Some(lab)
    }

    /// Without any account.
    pub(crate) fn local() -> Self {
        Self::around(None)
    }

    fn around(cloud: Option<FaultProxy>) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-annex-").tempdir().unwrap();
        let lab = Self { directory, cloud };
        fs::create_dir(lab.path("home")).unwrap();
        lab.file("password", PASSWORD);
        fs::set_permissions(lab.path("password"), Permissions::from_mode(0o600)).unwrap();
        lab
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn cloud(&self) -> &FaultProxy {
        self.cloud.as_ref().unwrap()
    }

    /// A hoist command, its words separated by spaces; `'…'` keeps spaces in a word.
    pub(crate) fn command(&self, words: &str) -> Call {
        let call = Call::hoist(self.root())
            .args(shlex::split(words).unwrap())
            .env("HOME", self.path("home"))
            .env("HOIST_STATE", self.path("state/hoist.db"))
            .env("TZ", ZONE);
        match &self.cloud {
            Some(cloud) => call.on_aws("AKIAIOSFODNN7EXAMPLE", "secret", &cloud.endpoint()),
            None => call,
        }
    }

    /// Runs a hoist command to its end.
    pub(crate) fn hoist(&self, words: &str) -> Ran {
        self.command(words).run().never_says(PASSWORD)
    }

    /// `hoist annex create NAME` of machines that join a pool here, with further words.
    pub(crate) fn create(&self, name: &str, words: &str) -> Ran {
        self.hoist(&self.created(name, words))
    }

    /// The same as it is typed.
    pub(crate) fn created(&self, name: &str, words: &str) -> String {
        format!(
            "annex create {name} --pool image={IMAGE},type=t3.small --os ubuntu-22.04 --central-manager 127.0.0.1 --pool-name lab \
             --password-file password --yes {words}"
        )
    }

    /// Nothing was made, and nothing is recorded.
    #[track_caller]
    pub(crate) fn assert_nothing_was_made(&self) {
        if let Some(cloud) = &self.cloud {
            let stacks = cloud.calls().into_iter().filter(|call| call.action == "CreateStack");
            let annexes = stacks
                .filter(|call| call.parameters.get("StackName").is_some_and(|name| name.starts_with("hoist-annex-")));
            assert_eq!(annexes.count(), 0);
        }
        let listed = self.hoist("annex list --all -o json").exit(0).json();
        assert_eq!(listed["annexes"], serde_json::json!([]));
    }
}
