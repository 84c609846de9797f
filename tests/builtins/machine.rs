//! A machine that the real cloud-init sets up: Debian 13 with HTCondor, in namespaces of its own.

use std::fs::{self, OpenOptions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::debian::debian;
use crate::judges::{said, skip};

/// The longest that cloud-init may take, in a machine that shares its processors with others.
const LONGEST_BOOT: Duration = Duration::from_secs(120);

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

/// A machine that runs. All of it ends when it is dropped, and when the test's process dies.
pub(crate) struct Machine {
    directory: tempfile::TempDir,
    process: Child,
    pub(crate) address: String,
}

impl Machine {
    /// Starts one at `address` with this user data and these files (path, content, mode). `None` where none can run; that is
    /// said loudly.
    pub(crate) fn start(address: &str, user_data: &str, files: &[(&str, &[u8], u32)]) -> Option<Self> {
        let debian = match debian() {
            Ok(debian) => debian,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        let directory = tempfile::Builder::new().prefix("hoist-builtins-").tempdir().unwrap();
        let name = format!("ip-{}", address.replace('.', "-"));
        let seed = directory.path().join("seed");
        fs::create_dir(directory.path().join("root")).unwrap();
        let put = |path: &str, content: &[u8], mode: u32| {
            let path = seed.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        put("etc/hostname", format!("{name}\n").as_bytes(), 0o644);
        put("etc/hosts", format!("127.0.0.1 localhost\n{address} {name}\n").as_bytes(), 0o644);
        put("etc/cloud/cloud.cfg", CLOUD_CFG.as_bytes(), 0o644);
        put("var/lib/cloud/seed/nocloud/meta-data", format!("instance-id: i-{name}\n").as_bytes(), 0o600);
        put("var/lib/cloud/seed/nocloud/user-data", user_data.as_bytes(), 0o600);
        for (path, content, mode) in files {
            put(path, content, *mode);
        }
        let console = OpenOptions::new().create(true).append(true).open(directory.path().join("console")).unwrap();
        let process = Command::new("unshare")
            .args(["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--propagation=private"])
            .args(["sh", "-c", include_str!("start.sh"), "machine"])
            .args([directory.path(), debian])
            .arg(&name)
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::piped())
            .stdout(console.try_clone().unwrap())
            .stderr(console)
            .spawn()
            .unwrap();
        Some(Self { directory, process, address: address.to_owned() })
    }

    /// Waits until cloud-init has ended, and well.
    pub(crate) fn booted(&self) {
        self.until("cloud-init ends", LONGEST_BOOT, || self.try_root("test -e /run/booted").is_ok());
        let status = self.root("cat /run/cloud-init/status.json");
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        for stage in ["init-local", "init", "modules-config", "modules-final"] {
            assert_eq!(status["v1"][stage]["errors"], serde_json::json!([]), "{stage}\n{}", self.console());
        }
    }

    /// Everything that it has written to its console.
    pub(crate) fn console(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.path().join("console")).unwrap()).into_owned()
    }

    /// What HTCondor wrote to its logs at the end.
    pub(crate) fn logs(&self) -> String {
        self.try_root("condor_status -any 2>&1; tail -n 25 /var/log/condor/*Log").unwrap_or_else(|said| said)
    }

    /// Asks again and again.
    pub(crate) fn until(&self, what: &str, longest: Duration, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            let late = began.elapsed() > longest;
            assert!(!late, "{}: {what}, but not in time\n{}\n{}", self.address, self.console(), self.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What a command of root's prints.
    pub(crate) fn root(&self, command: &str) -> String {
        self.as_user("root", command).unwrap_or_else(|said| panic!("{command}: {said}\n{}", self.console()))
    }

    /// The same, where it may fail.
    pub(crate) fn try_root(&self, command: &str) -> Result<String, String> {
        self.as_user("root", command)
    }

    /// What a command of a user's prints, or all that it said when it failed.
    pub(crate) fn as_user(&self, user: &str, command: &str) -> Result<String, String> {
        self.bytes(user, command).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(crate) fn bytes(&self, user: &str, command: &str) -> Result<Vec<u8>, String> {
        let unshare = self.process.id();
        let children = fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).unwrap_or_default();
        let init = children.split_whitespace().next().ok_or("it has not started")?;
        let output = Command::new("nsenter")
            .args(["-t", init, "--mount", "--pid", "--uts", "--ipc", "chroot"])
            .arg(self.directory.path().join("root"))
            .args(["runuser", "-u", user, "--", "sh", "-c", &format!("cd && {command}")])
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .output()
            .unwrap();
        if output.status.success() { Ok(output.stdout) } else { Err(said(&output)) }
    }

    /// The content of a file of its.
    pub(crate) fn file(&self, path: &Path) -> Vec<u8> {
        self.bytes("root", &format!("cat '{}'", path.display())).unwrap()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With the process that started it goes the first process of its namespace, and with that all others.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Loopback addresses on which nothing listens where HTCondor would.
pub(crate) fn addresses<const N: usize>() -> [String; N] {
    let process = std::process::id();
    let mut free =
        (0..250_u32).flat_map(|third| (1..250_u32).map(move |last| (third, last))).filter_map(|(third, last)| {
            static TAKEN: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
            let address = format!("127.{}.{}.{last}", 130 + process % 100, (process / 100 + third) % 250);
            let mut taken = TAKEN.lock().unwrap();
            if taken.contains(&address) || TcpListener::bind((address.as_str(), 9618)).is_err() {
                return None;
            }
            taken.push(address.clone());
            Some(address)
        });
    std::array::from_fn(|_| free.next().unwrap())
}
