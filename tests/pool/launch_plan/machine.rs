//! A machine of the pool: Debian 13 in namespaces of its own, reached by SSH.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use hoist_test_support::contained::{Contained, Seed};
use hoist_test_support::machine::generate_key;
use hoist_test_support::machine::user_data::UserData;

/// Where sshd listens: not on 22, which this machine itself may use on all its addresses.
pub(crate) const PORT: u16 = 2222;

/// A machine that runs.
pub(crate) struct Machine {
    contained: Contained,
    pub(crate) user_data: Vec<u8>,
}

impl Machine {
    /// Starts a copy of `debian` that `authorized_key` lets in as `admin` and as `root`; whoever wants to know when it
    /// answers asks it.
    pub(crate) fn start(debian: &Path, address: &str, user_data: Vec<u8>, authorized_key: &str) -> Self {
        let seed = Seed::new("hoist-pool-machine-", address);
        fs::write(seed.path("authorized_keys"), authorized_key).unwrap();
        let config = format!(
            "Port {PORT}\nListenAddress {address}\nHostKey /etc/ssh/ssh_host_ed25519_key\nUsePAM no\nUseDNS no\nPidFile none\n\
             PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\n"
        );
        seed.put("etc/ssh/sshd_config", config.as_bytes(), 0o600);
        let shown = host_key(&seed.path("seed/etc/ssh"), UserData::read(&user_data));
        let lines = format!("-----BEGIN SSH HOST KEY KEYS-----\n{shown}-----END SSH HOST KEY KEYS-----\n");
        fs::write(seed.path("console"), lines).unwrap();
        Self { contained: seed.start(debian, include_str!("start.sh")), user_data }
    }

    /// Everything that it has written to its console.
    pub(crate) fn console(&self) -> String {
        self.contained.console()
    }

    /// Runs a command on it, past SSH.
    pub(crate) fn run(&self, user: &str, command: &str) -> Output {
        self.contained.run(user, command).expect("it has started")
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
