//! A machine of the pool: Debian 13 in namespaces of its own, reached by SSH.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::user_data::UserData;

/// Where sshd listens: not on 22, which this machine itself may use on all its addresses.
pub(crate) const PORT: u16 = 2222;

/// A machine that runs. All of it ends when it is dropped, and when the test's process dies.
pub(crate) struct Machine {
    directory: tempfile::TempDir,
    process: Child,
    pub(crate) user_data: Vec<u8>,
}

impl Machine {
    /// Starts a copy of `debian` that `authorized_key` lets in as `admin` and as `root`; whoever wants to know when it
    /// answers asks it.
    pub(crate) fn start(id: &str, debian: &Path, address: &str, user_data: Vec<u8>, authorized_key: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-pool-machine-").tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let ssh = path("seed/etc/ssh");
        fs::DirBuilder::new().recursive(true).mode(0o755).create(&ssh).unwrap();
        fs::create_dir(path("root")).unwrap();
        let name = format!("ip-{}", address.replace('.', "-"));
        fs::write(path("seed/etc/hostname"), format!("{name}\n")).unwrap();
        fs::write(path("seed/etc/hosts"), format!("127.0.0.1 localhost\n{address} {name}\n")).unwrap();
        fs::write(path("authorized_keys"), authorized_key).unwrap();
        let config = format!(
            "Port {PORT}\nListenAddress {address}\nHostKey /etc/ssh/ssh_host_ed25519_key\nUsePAM no\nUseDNS no\nPidFile none\n\
             PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\n"
        );
        fs::write(ssh.join("sshd_config"), config).unwrap();
        let shown = host_key(&ssh, UserData::read(&user_data));
        let console = OpenOptions::new().create(true).append(true).mode(0o600).open(path("console")).unwrap();
        let lines = format!("-----BEGIN SSH HOST KEY KEYS-----\n{shown}-----END SSH HOST KEY KEYS-----\n");
        fs::write(path("console"), lines).unwrap();
        let process = Command::new("unshare")
            .args(["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--propagation=private"])
            .args(["sh", "-c", include_str!("start.sh"), id])
            .args([directory.path(), debian])
            .arg(&name)
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::piped())
            .stdout(console.try_clone().unwrap())
            .stderr(console)
            .spawn()
            .unwrap();
        Self { directory, process, user_data }
    }

    /// Everything that it has written to its console.
    pub(crate) fn console(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.path().join("console")).unwrap()).into_owned()
    }

    /// Runs a command on it, past SSH.
    pub(crate) fn run(&self, user: &str, command: &str) -> Output {
        let init = self.init();
        let root = self.directory.path().join("root");
        Command::new("nsenter")
            .args(["-t", &init, "--mount", "--pid", "--uts", "--ipc", "chroot"])
            .arg(root)
            .args(["runuser", "-u", user, "--", "sh", "-c", command])
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .output()
            .unwrap()
    }

    /// Its first process, as this machine numbers it.
    fn init(&self) -> String {
        let unshare = self.process.id();
        let children = fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).unwrap();
        children.split_whitespace().next().unwrap().to_owned()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With the process that started it goes the first process of its namespace, and with that all others.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes the host key that the user data brings, or a new one; gives its public half.
fn host_key(ssh: &Path, user_data: UserData) -> String {
    let private = ssh.join("ssh_host_ed25519_key");
    let public = ssh.join("ssh_host_ed25519_key.pub");
    match user_data.host_key {
        Some((secret, shown)) => {
            fs::write(&private, secret).unwrap();
            fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
            fs::write(&public, format!("{}\n", shown.trim())).unwrap();
        }
        None => generate_key(&private),
    }
    fs::read_to_string(public).unwrap()
}

/// Makes a key pair without a passphrase.
pub(crate) fn generate_key(path: &Path) {
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path).status();
    assert!(made.unwrap().success());
}
