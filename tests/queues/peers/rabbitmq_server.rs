//! A RabbitMQ server with its management plugin.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use hoist::elastic::fleet::{FleetQueue, QueueKind};
use hoist_test_support::loopback::next_address;

use super::certificate::Certificate;
use super::daemon::Daemon;
use super::http_server::exchange;
use super::reading::{password, until};

const USER: &str = "scaler";
const PASSWORD: &str = "a-secret-of-tests";

/// Where Debian keeps the program itself; the one on the search path becomes another user.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

pub(crate) struct RabbitmqServer {
    pub(crate) address: Ipv4Addr,
    /// Ports of the management plugin, without and with TLS.
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    pub(crate) certificate: Certificate,
    pub(crate) directory: tempfile::TempDir,
    ports: [u16; 5],
    daemon: Option<Daemon>,
    /// Erlang's register of names, which the server would start and leave behind.
    _names: Daemon,
}

impl RabbitmqServer {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = next_address();
        let listeners: Vec<TcpListener> = (0..5).map(|_| TcpListener::bind((address, 0)).unwrap()).collect();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let ports: [u16; 5] = ports.try_into().unwrap();
        drop(listeners);
        let certificate = Certificate::make(directory.path(), address);
        let [port, tls_port, amqp, _, names] = ports;
        let config = format!(
            "listeners.tcp.1 = {address}:{amqp}\nmanagement.tcp.ip = {address}\nmanagement.tcp.port = {port}\n\
             management.ssl.ip = {address}\nmanagement.ssl.port = {tls_port}\nmanagement.ssl.certfile = {}\n\
             management.ssl.keyfile = {}\ndefault_user = {USER}\ndefault_pass = {PASSWORD}\nloopback_users = none\n\
             log.console = true\nlog.console.level = warning\n",
            certificate.certificate.display(),
            certificate.key.display()
        );
        fs::write(directory.path().join("rabbitmq.conf"), config).unwrap();
        fs::write(directory.path().join("plugins"), "[rabbitmq_management].\n").unwrap();
        let names_port = names.to_string();
        let arguments = ["-address", &address.to_string(), "-port", &names_port];
        let register = Daemon::start("epmd", &arguments, &[], directory.path());
        let mut server =
            Self { address, port, tls_port, certificate, directory, ports, daemon: None, _names: register };
        server.run().await;
        server
    }

    /// Starts it, or starts it anew after it was stopped.
    pub(crate) async fn run(&mut self) {
        let [.., distribution, names] = self.ports;
        let inside = |name: &str| self.directory.path().join(name).display().to_string();
        let network = self.address.octets().map(|octet| octet.to_string()).join(",");
        let variables = [
            ("HOME", inside("")),
            ("RABBITMQ_NODENAME", format!("queues{}@localhost", self.port)),
            ("RABBITMQ_CONFIG_FILE", inside("rabbitmq.conf")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", inside("plugins")),
            ("RABBITMQ_MNESIA_BASE", inside("db")),
            ("RABBITMQ_LOG_BASE", inside("log")),
            ("RABBITMQ_GENERATED_CONFIG_DIR", inside("generated")),
            ("RABBITMQ_PID_FILE", inside("pid")),
            // Then the script becomes the server, in place of waiting for it.
            ("RUNNING_UNDER_SYSTEMD", "1".to_owned()),
            ("RABBITMQ_CONF_ENV_FILE", "/dev/null".to_owned()),
            ("RABBITMQ_DIST_PORT", distribution.to_string()),
            ("ERL_EPMD_PORT", names.to_string()),
            ("ERL_EPMD_ADDRESS", self.address.to_string()),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", format!("-kernel inet_dist_use_interface {{{network}}}")),
        ];
        self.daemon = Some(Daemon::start(PROGRAM, &[], &variables, self.directory.path()));
        until("RabbitMQ answers", async || self.api("GET", "/api/overview", "").is_some()).await;
    }

    pub(crate) fn stop(&mut self) {
        self.daemon.take().unwrap().stop();
    }

    /// Makes a call of the management plugin. `None`: it does not answer, or refuses.
    pub(crate) fn api(&self, method: &str, target: &str, body: &str) -> Option<String> {
        let (status, body) = exchange(self.address, self.port, method, target, Some((USER, PASSWORD)), body)?;
        (200..300).contains(&status).then_some(body)
    }

    /// A queue with a user and the password of it.
    pub(crate) fn queue(&self, url: &str, name: &str) -> FleetQueue {
        let mut queue = FleetQueue::new(QueueKind::Rabbitmq);
        queue.url = Some(url.to_owned());
        queue.queue = Some(name.to_owned());
        queue.user = Some(USER.to_owned());
        queue.password = Some(password(self.directory.path(), PASSWORD));
        queue
    }
}
