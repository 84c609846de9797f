//! Certificates of servers.

use std::path::{Path, PathBuf};
use std::process::Command;

use hoist::batch::Trust;

/// A certificate that vouches for itself, for one address.
pub(crate) struct Certificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    pub(crate) fn make(directory: &Path, address: std::net::Ipv4Addr) -> Self {
        let (certificate, key) = (directory.join("server.pem"), directory.join("server.key"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=queues of tests", "-addext", &format!("subjectAltName=IP:{address}")])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { certificate, key }
    }

    /// Trusts it, and nobody else.
    pub(crate) fn trust(&self) -> Trust {
        Trust::of_pem(&std::fs::read(&self.certificate).unwrap()).unwrap()
    }
}
