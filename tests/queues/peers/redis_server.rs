//! A Redis server.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;

use hoist::elastic::fleet::{FleetQueue, QueueKind};
use hoist_test_support::eventually::eventually;
use hoist_test_support::loopback::free_address;

use super::certificate::Certificate;
use super::daemon::Daemon;

/// Redis, with a port for TLS as well. It keeps its data over a restart.
pub(crate) struct RedisServer {
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    pub(crate) certificate: Certificate,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) daemon: Option<Daemon>,
    password: Option<&'static str>,
}

impl RedisServer {
    /// Starts one, with a password for its default user.
    pub(crate) fn start(password: Option<&'static str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (address, port) = free_address();
        let tls_port = loop {
            let listener = std::net::TcpListener::bind((address, 0)).unwrap();
            let other = listener.local_addr().unwrap().port();
            if other != port {
                break other;
            }
        };
        let certificate = Certificate::make(directory.path(), address);
        let mut server = Self { address, port, tls_port, certificate, directory, daemon: None, password };
        server.run();
        server
    }

    /// Starts it, or starts it anew after it was stopped.
    pub(crate) fn run(&mut self) {
        let shown = |path: &PathBuf| path.display().to_string();
        let (certificate, key) = (shown(&self.certificate.certificate), shown(&self.certificate.key));
        let (port, tls_port, address) = (self.port.to_string(), self.tls_port.to_string(), self.address.to_string());
        let mut arguments = vec!["--bind", &address, "--port", &port, "--appendonly", "yes", "--appendfsync", "always"];
        arguments.extend(["--tls-port", &tls_port, "--tls-cert-file", &certificate, "--tls-key-file", &key]);
        arguments.extend(["--tls-auth-clients", "no"]);
        if let Some(password) = self.password {
            arguments.extend(["--requirepass", password]);
        }
        self.daemon = Some(Daemon::start("redis-server", &arguments, &[], self.directory.path()));
        eventually("Redis answers", || (self.try_cli(&["PING"]) == "PONG").then_some(()));
    }

    pub(crate) fn stop(&mut self) {
        self.daemon.take().unwrap().stop();
    }

    /// Makes a call by Redis's own client.
    pub(crate) fn cli(&self, words: &[&str]) -> String {
        let answer = self.try_cli(words);
        assert!(!answer.contains("ERR") && !answer.contains("NOAUTH"), "{words:?}: {answer}");
        answer
    }

    fn try_cli(&self, words: &[&str]) -> String {
        let (address, port) = (self.address.to_string(), self.port.to_string());
        let mut command = Command::new("redis-cli");
        command.args(["-h", &address, "-p", &port]);
        if let Some(password) = self.password {
            command.env("REDISCLI_AUTH", password);
        }
        let output = command.args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn queue(&self, key: &str) -> FleetQueue {
        let mut queue = FleetQueue::new(QueueKind::Redis);
        queue.url = Some(format!("redis://{}:{}", self.address, self.port));
        queue.queue = Some(key.to_owned());
        queue
    }
}
