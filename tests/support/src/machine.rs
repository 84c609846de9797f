//! A machine that a test starts: a real sshd in namespaces of its own, on an address of its own, started with user
//! data.
//!
//! It has its own /etc/ssh, home directories, /tmp, /var/tmp, /run and /var/log, its own processes, and three users
//! whom the authorised key lets in: `root`, `admin` (sudo without a password) and `guest`. All of it ends when the
//! machine is dropped, and when the test's process dies.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

pub mod user_data;

use user_data::UserData;

/// The names and numbers of a machine's users beside root.
const USERS: [(&str, u32); 2] = [("admin", 7001), ("guest", 7002)];

/// What to start.
pub struct MachineOptions {
    /// Its instance id.
    pub id: String,
    /// Where its sshd listens: of 127.0.0.0/8, or 0.0.0.0.
    pub address: String,
    pub port: u16,
    /// As a cloud gives it to the machine: a script, cloud-config or several parts, also packed.
    pub user_data: Vec<u8>,
    /// The public half of the user's key.
    pub authorized_key: Option<String>,
    pub cloud_init: CloudInit,
}

/// What runs the user data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudInit {
    /// This test support: the host key, authorised keys, `bootcmd`, `runcmd` and scripts; cloud-init seems not to be
    /// installed.
    Fast,
    /// The real cloud-init, which takes some seconds.
    Real,
}

/// A machine that runs.
pub struct Machine {
    directory: tempfile::TempDir,
    process: Child,
    address: String,
    port: u16,
    id: String,
}

impl Machine {
    /// Why no machine can be started here, if so.
    pub fn lacks(cloud_init: CloudInit) -> Option<String> {
        if !nix::unistd::getuid().is_root() {
            return Some("a machine with sshd takes root".to_owned());
        }
        for program in ["/usr/sbin/sshd", "/usr/bin/unshare", "/usr/bin/sudo"] {
            if !Path::new(program).exists() {
                return Some(format!("there is no {program} (openssh-server, util-linux, sudo)"));
            }
        }
        if cloud_init == CloudInit::Real && !Path::new("/usr/bin/cloud-init").exists() {
            return Some("there is no /usr/bin/cloud-init (cloud-init)".to_owned());
        }
        static NAMESPACES: OnceLock<bool> = OnceLock::new();
        let can = NAMESPACES.get_or_init(|| {
            Command::new("unshare")
                .args(["-m", "-p", "-f", "--mount-proc", "true"])
                .status()
                .is_ok_and(|status| status.success())
        });
        (!can).then(|| "the kernel gives no namespaces".to_owned())
    }

    /// Starts it; whoever wants to know when it answers asks it.
    pub fn start(options: MachineOptions) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-machine-").tempdir().unwrap();
        let user_data = match options.cloud_init {
            CloudInit::Fast => UserData::read(&options.user_data),
            CloudInit::Real => UserData::default(),
        };
        let files = Files { root: directory.path(), options: &options };
        files.write(&user_data);
        files.put("start.sh", include_str!("machine/start.sh"), 0o600);
        let process = power_on(directory.path(), options.cloud_init);
        let MachineOptions { id, address, port, .. } = options;
        Self { directory, process, address, port, id }
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its instance id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Everything that it has written to its console: the log of sshd, the output of its user data, its host keys.
    pub fn console(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.path().join("console")).unwrap()).into_owned()
    }

    /// A file of the machine, by its path there; of what is its own.
    pub fn file(&self, path: &str) -> PathBuf {
        let (own, kept) = MOUNTS
            .iter()
            .find(|(_, place)| path == *place || path.starts_with(&format!("{place}/")))
            .unwrap_or_else(|| panic!("{path} is not the machine's own"));
        self.directory.path().join(own).join(path[kept.len()..].trim_start_matches('/'))
    }

    /// A file of the machine by its name in the machine's directory, for what is mounted in other places.
    pub fn own(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The commands that anybody was let in to run.
    pub fn sessions(&self) -> usize {
        self.console().matches("Starting session").count()
    }

    /// Ends it with all that runs on it.
    pub fn stop(self) {}

    /// Stops it and starts it again at another address, with all that it has on its disk. Its user data is not run
    /// again.
    pub fn restart_at(&mut self, address: &str) {
        self.cut_power();
        let config = self.own("ssh/sshd_config");
        let text = fs::read_to_string(&config).unwrap();
        let listen = |address: &str| format!("ListenAddress {address}\n");
        assert!(text.contains(&listen(&self.address)));
        fs::write(&config, text.replace(&listen(&self.address), &listen(address))).unwrap();
        let _ = fs::remove_file(self.own("cloud/user-data.sh"));
        self.address = address.to_owned();
        self.process = power_on(self.directory.path(), CloudInit::Fast);
    }

    /// Takes its process off it, and nothing else: as a power cut does.
    pub fn cut_power(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// Starts the first process of the machine in this directory.
fn power_on(directory: &Path, cloud_init: CloudInit) -> Child {
    let console = OpenOptions::new().create(true).append(true).open(directory.join("console")).unwrap();
    Command::new("unshare")
        .args(["-m", "-p", "-f", "--mount-proc", "--kill-child=KILL", "sh"])
        .args([&directory.join("start.sh"), directory])
        .arg(if cloud_init == CloudInit::Real { "real" } else { "fast" })
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::piped())
        .stdout(console.try_clone().unwrap())
        .stderr(console)
        .spawn()
        .unwrap()
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With the process that started it goes the first process of its namespace, and with that all others.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What is a machine's own, and where it sees it.
const MOUNTS: [(&str, &str); 9] = [
    ("ssh", "/etc/ssh"),
    ("sudoers.d", "/etc/sudoers.d"),
    ("cloud", "/var/lib/cloud"),
    ("root", "/root"),
    ("home", "/home"),
    ("log", "/var/log"),
    ("run", "/run"),
    ("var-tmp", "/var/tmp"),
    // The last, since the directory of the machine may be in it.
    ("tmp", "/tmp"),
];

/// Single files that hide those of the machine below.
const FILES: [&str; 3] = ["passwd", "shadow", "group"];

struct Files<'a> {
    root: &'a Path,
    options: &'a MachineOptions,
}

impl Files<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(self.path(name)).unwrap();
        file.write_all(content.as_ref()).unwrap();
    }

    fn write(&self, user_data: &UserData) {
        let real = self.options.cloud_init == CloudInit::Real;
        let mut mounts = String::new();
        if real {
            self.copy_of_etc();
            mounts.push_str(&format!("{} /etc none bind 0 0\n", self.path("etc").display()));
        }
        for (name, place) in MOUNTS {
            fs::create_dir(self.path(name)).unwrap();
            mounts.push_str(&format!("{} {place} none bind 0 0\n", self.path(name).display()));
            fs::create_dir_all(place).unwrap();
        }
        for name in ["var-tmp", "tmp"] {
            fs::set_permissions(self.path(name), Permissions::from_mode(0o1777)).unwrap();
        }
        fs::create_dir(self.path("run/sshd")).unwrap();
        fs::set_permissions(self.path("sudoers.d"), Permissions::from_mode(0o750)).unwrap();
        if !real {
            self.users();
            self.put("hidden", "", 0o600);
            for (name, place) in FILES.map(|name| (name, format!("/etc/{name}"))) {
                mounts.push_str(&format!("{} {place} none bind 0 0\n", self.path(name).display()));
            }
            if Path::new("/usr/bin/cloud-init").exists() {
                mounts.push_str(&format!("{} /usr/bin/cloud-init none bind 0 0\n", self.path("hidden").display()));
            }
        }
        // The directory of the machine is in /tmp, which comes last.
        let (last, first): (Vec<&str>, Vec<&str>) = mounts.lines().partition(|line| line.contains(" /tmp "));
        self.put("fstab", [first, last].concat().join("\n") + "\n", 0o600);
        self.sshd();
        if real {
            self.seed();
        } else {
            self.host_key(user_data);
            self.authorize(user_data);
            if !user_data.script.is_empty() {
                self.put("cloud/user-data.sh", &user_data.script, 0o700);
            }
        }
    }

    /// Of the key exchanges that clients offer by themselves the quickest: the first of them takes 20 ms of a core.
    fn sshd(&self) {
        let MachineOptions { address, port, .. } = self.options;
        let config = format!(
            "Port {port}\nListenAddress {address}\nHostKey /etc/ssh/ssh_host_ed25519_key\nLogLevel VERBOSE\nUsePAM no\nUseDNS no\n\
             PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             MaxStartups 1000\nPrintMotd no\nPidFile none\nLoginGraceTime 60\nKexAlgorithms curve25519-sha256\n"
        );
        self.put("ssh/sshd_config", config, 0o600);
    }

    /// The accounts of the machine below, and ours.
    fn users(&self) {
        let below = |name: &str| fs::read_to_string(format!("/etc/{name}")).unwrap();
        let ours = |line: &dyn Fn(&str, u32) -> String| USERS.map(|(name, id)| line(name, id)).concat();
        let passwd = below("passwd").replace("root:x:0:0:root:/root:/bin/bash", "root:x:0:0:root:/root:/bin/sh");
        let added = ours(&|name, id| format!("{name}:x:{id}:{id}::/home/{name}:/bin/sh\n"));
        self.put("passwd", passwd + &added, 0o644);
        self.put("group", below("group") + &ours(&|name, id| format!("{name}:x:{id}:\n")), 0o644);
        self.put("shadow", below("shadow") + &ours(&|name, _| format!("{name}:*:19000:0:99999:7:::\n")), 0o600);
        self.put("sudoers.d/admin", "admin ALL=(ALL) NOPASSWD:ALL\n", 0o440);
    }

    fn host_key(&self, user_data: &UserData) {
        let (private, public) = ("ssh/ssh_host_ed25519_key", "ssh/ssh_host_ed25519_key.pub");
        match &user_data.host_key {
            Some((secret, shown)) => {
                self.put(private, secret, 0o600);
                self.put(public, format!("{}\n", shown.trim()), 0o644);
            }
            None => generate_key(&self.path(private)),
        }
        let shown = fs::read_to_string(self.path(public)).unwrap();
        let lines = format!("-----BEGIN SSH HOST KEY KEYS-----\n{shown}-----END SSH HOST KEY KEYS-----\n");
        self.put("console", lines, 0o600);
    }

    fn authorize(&self, user_data: &UserData) {
        let keys: Vec<&str> =
            self.options.authorized_key.iter().chain(&user_data.authorized_keys).map(|key| key.trim()).collect();
        let homes = [("root".to_owned(), 0)].into_iter().chain(USERS.map(|(name, id)| (format!("home/{name}"), id)));
        for (home, id) in homes {
            fs::create_dir_all(self.path(&home).join(".ssh")).unwrap();
            self.put(&format!("{home}/.ssh/authorized_keys"), keys.join("\n") + "\n", 0o600);
            for path in [home.clone(), format!("{home}/.ssh"), format!("{home}/.ssh/authorized_keys")] {
                if path.ends_with("authorized_keys") || path.ends_with(".ssh") {
                    let mode = if path.ends_with(".ssh") { 0o700 } else { 0o600 };
                    fs::set_permissions(self.path(&path), Permissions::from_mode(mode)).unwrap();
                }
                chown(self.path(&path), Some(id), Some(id)).unwrap();
            }
        }
    }

    /// cloud-init changes accounts, which single mounted files do not let it.
    fn copy_of_etc(&self) {
        let copied = Command::new("cp").args(["-a", "/etc"]).arg(self.path("etc")).status().unwrap();
        assert!(copied.success());
        let etc = self.path("etc");
        fs::write(etc.join("cloud/cloud.cfg"), include_str!("machine/cloud.cfg")).unwrap();
        for entry in fs::read_dir(etc.join("cloud/cloud.cfg.d")).unwrap() {
            let path = entry.unwrap().path();
            if !path.ends_with("05_logging.cfg") {
                fs::remove_file(path).unwrap();
            }
        }
    }

    /// What the real cloud-init reads.
    fn seed(&self) {
        fs::create_dir_all(self.path("cloud/seed/nocloud")).unwrap();
        let mut metadata = format!("instance-id: {}\nlocal-hostname: machine\n", self.options.id);
        if let Some(key) = &self.options.authorized_key {
            metadata.push_str(&format!("public-keys: [\"{}\"]\n", key.trim()));
        }
        self.put("cloud/seed/nocloud/meta-data", metadata, 0o600);
        self.put("cloud/seed/nocloud/user-data", &self.options.user_data, 0o600);
    }
}

/// Makes a key pair without a passphrase.
pub fn generate_key(path: &Path) {
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path).status();
    assert!(made.unwrap().success());
}
