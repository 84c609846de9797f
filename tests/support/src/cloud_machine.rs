//! A machine that the real cloud-init sets up: Debian 13 with HTCondor, in namespaces of its own.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::contained::{Contained, Seed};
use crate::debian::debian;
use crate::judges::said;
use crate::loopback::addresses_without;
use crate::skip::skip;

/// The longest that cloud-init may take, in a machine that shares its processors with others.
const LONGEST_BOOT: Duration = Duration::from_secs(300);

/// Where the collector of a pool listens.
const COLLECTOR_PORT: u16 = 9618;

/// What cloud-init does on these machines.
const CLOUD_CFG: &str = "\
datasource_list: [NoCloud]
network: {config: disabled}
preserve_hostname: true
users: []
cloud_init_modules: [bootcmd, write_files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts_user, final_message]
system_info: {distro: debian, paths: {cloud_dir: /var/lib/cloud/, templates_dir: /etc/cloud/templates/}}
";

/// A machine that runs.
pub struct Machine {
    contained: Contained,
    pub address: String,
}

impl Machine {
    /// Starts one at `address` with this user data and these files (path, content, mode). `None` where none can run;
    /// that is said loudly.
    pub fn start(address: &str, user_data: impl AsRef<[u8]>, files: &[(&str, &[u8], u32)]) -> Option<Self> {
        let debian = match debian() {
            Ok(debian) => debian,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        let seed = Seed::new("hoist-machine-", address);
        seed.put("etc/cloud/cloud.cfg", CLOUD_CFG.as_bytes(), 0o644);
        let metadata = format!("instance-id: i-{}\n", seed.name());
        seed.put("var/lib/cloud/seed/nocloud/meta-data", metadata.as_bytes(), 0o600);
        seed.put("var/lib/cloud/seed/nocloud/user-data", user_data.as_ref(), 0o600);
        for (path, content, mode) in files {
            seed.put(path, content, *mode);
        }
        let contained = seed.start(debian, include_str!("contained/cloud_machine.sh"));
        Some(Self { contained, address: address.to_owned() })
    }

    /// Waits until cloud-init has ended, and well.
    pub fn booted(&self) {
        self.until("cloud-init ends", LONGEST_BOOT, || self.try_root("test -e /run/booted").is_ok());
        let status = self.root("cat /run/cloud-init/status.json");
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        for stage in ["init-local", "init", "modules-config", "modules-final"] {
            assert_eq!(status["v1"][stage]["errors"], serde_json::json!([]), "{stage}\n{}", self.console());
        }
    }

    /// Everything that it has written to its console.
    pub fn console(&self) -> String {
        self.contained.console()
    }

    /// What HTCondor wrote to its logs at the end.
    pub fn logs(&self) -> String {
        self.try_root("condor_status -any 2>&1; tail -n 25 /var/log/condor/*Log").unwrap_or_else(|said| said)
    }

    /// Asks again and again.
    pub fn until(&self, what: &str, longest: Duration, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            let late = began.elapsed() > longest;
            assert!(!late, "{}: {what}, but not in time\n{}\n{}", self.address, self.console(), self.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What a command of root's prints.
    pub fn root(&self, command: &str) -> String {
        self.as_user("root", command).unwrap_or_else(|said| panic!("{command}: {said}\n{}", self.console()))
    }

    /// The same, where it may fail.
    pub fn try_root(&self, command: &str) -> Result<String, String> {
        self.as_user("root", command)
    }

    /// What a command of a user's prints, or all that it said when it failed.
    pub fn as_user(&self, user: &str, command: &str) -> Result<String, String> {
        self.bytes(user, command).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    pub fn bytes(&self, user: &str, command: &str) -> Result<Vec<u8>, String> {
        let output = self.contained.run(user, &format!("cd && {command}")).ok_or("it has not started")?;
        if output.status.success() { Ok(output.stdout) } else { Err(said(&output)) }
    }

    /// The words before a command with which a user runs it there.
    pub fn enter(&self, user: &str) -> Vec<String> {
        self.contained.enter(user).expect("it has started")
    }

    /// The content of a file of its.
    pub fn file(&self, path: &Path) -> Vec<u8> {
        self.bytes("root", &format!("cat '{}'", path.display())).unwrap()
    }
}

/// Loopback addresses on which nothing listens where HTCondor would.
pub fn addresses<const N: usize>() -> [String; N] {
    addresses_without(COLLECTOR_PORT).map(|address| address.to_string())
}
