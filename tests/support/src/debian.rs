//! A Debian 13 with HTCondor, made once below the target directory: what the machines of the tests are copies of.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use crate::place;

const RELEASE: &str = "trixie";

const PACKAGES: &str = "htcondor,procps,iproute2,openssh-server,sudo,cloud-init,faketime";

/// Makes of a minimal Debian what Debian's cloud images are: the user `admin` may use sudo without a password. HTCondor
/// takes machines that share a loopback interface for one, and must be told that they are not.
const SETUP: &str = r#"set -e
useradd --create-home --shell /bin/bash --password "*" admin
echo "admin ALL=(ALL) NOPASSWD:ALL" > /etc/sudoers.d/admin
chmod 440 /etc/sudoers.d/admin
echo "SEC_USE_FAMILY_SESSION = False" > /etc/condor/config.d/90-shared-loopback.config
"#;

/// The directory of the Debian, or why there is none.
pub fn debian() -> Result<&'static Path, &'static str> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    MADE.get_or_init(made).as_deref().map_err(String::as_str)
}

fn made() -> Result<PathBuf, String> {
    if !nix::unistd::getuid().is_root() {
        return Err("machines with HTCondor take root".to_owned());
    }
    for (program, package) in [("mmdebstrap", "mmdebstrap"), ("unshare", "util-linux"), ("nsenter", "util-linux")] {
        let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            return Err(format!("there is no {program} (package {package})"));
        }
    }
    let text = |error: io::Error| format!("target/peers: {error}");
    let peers = place::peers().map_err(text)?;
    let digest = Sha256::digest(format!("{RELEASE} {PACKAGES} {SETUP}"));
    let name: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let directory = peers.join(format!("debian-{name}"));
    // Several test processes may come here at once.
    let lock = File::create(peers.join("debian.lock")).map_err(text)?;
    lock.lock().map_err(text)?;
    if directory.exists() {
        return Ok(directory);
    }
    let unfinished = peers.join("debian-unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(text)?;
    }
    let made = Command::new("mmdebstrap")
        .args(["--variant=minbase", &format!("--include={PACKAGES}"), RELEASE])
        .arg(&unfinished)
        .stdin(Stdio::null())
        .output()
        .map_err(text)?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        return Err(format!("mmdebstrap failed: {}", said.lines().rev().take(5).collect::<Vec<_>>().join("; ")));
    }
    let set_up = Command::new("chroot").arg(&unfinished).args(["sh", "-c", SETUP]).status().map_err(text)?;
    if !set_up.success() {
        return Err(format!("setting up {} failed", unfinished.display()));
    }
    fs::rename(&unfinished, &directory).map_err(text)?;
    Ok(directory)
}
