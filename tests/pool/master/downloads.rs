//! Where the master fetches hoist's program from: a server of the test's, whose certificate the machine trusts.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sha2::{Digest as _, Sha256};

/// A server of files over TLS. It ends when it is dropped.
pub(crate) struct Downloads {
    directory: tempfile::TempDir,
    process: Child,
    /// `https://ADDRESS:PORT`
    pub(crate) url: String,
}

impl Downloads {
    /// Serves `/hoist`, which is the program under test.
    pub(crate) fn start(address: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir(path("served")).unwrap();
        std::os::unix::fs::symlink(program(), path("served/hoist")).unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=downloads", "-addext", &format!("subjectAltName=IP:{address}"), "-keyout"])
            .arg(path("key"))
            .arg("-out")
            .arg(path("certificate"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", hoist_test_support::judges::said(&made));
        let mut process = Command::new("python3")
            .args(["-c", include_str!("downloads.py")])
            .arg(path("served"))
            .arg(address)
            .args([path("certificate"), path("key")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let url = format!("https://{address}:{}", port.trim());
        Self { directory, process, url }
    }

    /// Where a Debian looks for those whom it trusts, and what lets it trust this server.
    pub(crate) fn trust(&self) -> (String, Vec<u8>) {
        let certificate = self.directory.path().join("certificate");
        let hash = Command::new("openssl").args(["x509", "-hash", "-noout", "-in"]).arg(&certificate).output().unwrap();
        let hash = String::from_utf8(hash.stdout).unwrap();
        (format!("etc/ssl/certs/{}.0", hash.trim()), fs::read(certificate).unwrap())
    }
}

impl Drop for Downloads {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program that is served.
pub(crate) fn program() -> &'static Path {
    hoist_test_support::place::hoist()
}

/// Its SHA-256.
pub(crate) fn digest() -> String {
    Sha256::digest(fs::read(program()).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}
