//! The same work by ssh alone: one shared connection a host, and a session for each thing that is asked.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;

/// Hosts, and how they are reached.
#[derive(Clone)]
pub(crate) struct Hosts {
    pub(crate) addresses: Vec<String>,
    pub(crate) port: u16,
    pub(crate) key: PathBuf,
    /// For the sockets.
    pub(crate) directory: PathBuf,
    pub(crate) wide: usize,
}

/// Puts a program on each host and runs it there, twice, after a look whether it answers; how long that took.
pub(crate) async fn all(hosts: &Hosts) -> Duration {
    std::fs::create_dir_all(&hosts.directory).expect("a directory");
    let began = Instant::now();
    let infrastructure = Arc::new(Semaphore::new(hosts.wide));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..hosts.addresses.len() {
        let (hosts, infrastructure) = (hosts.clone(), infrastructure.clone());
        running.spawn(async move {
            let _place = infrastructure.acquire().await;
            hosts.one(number).await;
        });
    }
    running.join_all().await;
    began.elapsed()
}

impl Hosts {
    async fn one(&self, number: usize) {
        let mut connect = self.ssh(number);
        connect.args(["-f", "-N", "-M", "-o", "ControlPersist=60"]).arg(self.host(number));
        assert!(connect.status().await.expect("ssh runs").success(), "a connection");
        self.ask(number, "true", "").await;
        for name in ["boot", "ready"] {
            let place = format!("/var/tmp/plain/host-{number}");
            let script = format!(
                "mkdir -p {place} && cat > {place}/{name}.sh && chmod +x {place}/{name}.sh && {place}/{name}.sh"
            );
            assert_eq!(self.ask(number, &script, super::PROGRAM).await, "hello\n");
        }
        let mut end = self.ssh(number);
        end.args(["-O", "exit"]).arg(self.host(number)).stderr(Stdio::null());
        assert!(end.status().await.expect("ssh runs").success(), "an end");
    }

    fn host(&self, number: usize) -> String {
        format!("root@{}", self.addresses[number])
    }

    fn ssh(&self, number: usize) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"]);
        ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes"]);
        ssh.arg("-S").arg(self.directory.join(number.to_string())).arg("-i").arg(&self.key);
        ssh.arg("-p").arg(self.port.to_string());
        ssh
    }

    async fn ask(&self, number: usize, script: &str, input: &str) -> String {
        let mut ssh = self.ssh(number);
        ssh.arg(self.host(number)).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = ssh.spawn().expect("ssh runs");
        let mut stdin = child.stdin.take().expect("an input");
        // One that reads nothing has no use for it.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = child.wait_with_output().await.expect("ssh ends");
        assert!(output.status.success(), "{script}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
