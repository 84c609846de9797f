//! What many hosts over SSH cost: `cargo bench --bench ssh [-- HOSTS]`, as root, since it starts an sshd.
//!
//! One sshd answers for all of them, each at an address of its own; it computes on the same machine, and takes more of
//! it than hoist does. Each host is asked three times, as a service with a boot and a ready program is, by hoist and by
//! ssh alone: with a shell that starts at once, and with one that takes 0.3 s of a processor.

#![allow(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hoist::host::ssh::{ConnectionPool, Console, RunKeys, SshHost, SshTarget, SshTerms};
use hoist::plan::HostKeyPolicy;
use hoist::plan::ProgramKind;
use hoist::provider::{CloudError, Content, Host, StageFile, Task};
use tokio::sync::Semaphore;

mod looking;
mod plain;

use hoist_test_support::machine::{self, CloudInit, Machine, MachineOptions};
use looking::{Looking, own_peak};

/// How many hosts, unless told.
const HOSTS: usize = 200;

/// How many are busy at once.
const WIDE: usize = 64;

/// What a shell that is slow to start computes before.
const SLOW: Duration = Duration::from_millis(300);

/// What is run on each host.
const PROGRAM: &str = "#!/bin/sh\necho hello\n";

/// The console of the one machine.
struct Shown(String);

#[async_trait]
impl Console for Shown {
    async fn text(&self) -> Result<String, CloudError> {
        Ok(self.0.clone())
    }
}

/// All the hosts.
struct Hosts {
    directory: tempfile::TempDir,
    machine: Machine,
    count: usize,
}

fn main() {
    if let Some(why) = Machine::lacks(CloudInit::Fast) {
        println!("hosts over SSH: not measured, {why}");
        return;
    }
    let count = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(HOSTS);
    let hosts = Hosts::start(count);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (number, shell) in ["a shell that starts at once", "a shell that takes 0.3 s"].into_iter().enumerate() {
        if number == 1 {
            hosts.slow_down();
        }
        let by_hand = runtime.block_on(plain::all(&hosts.plain(number)));
        let looking = Looking::start(hosts.directory.path().to_str().expect("a plain path").to_owned());
        let began = Instant::now();
        let links = Arc::new(ConnectionPool::new());
        runtime.block_on(hosts.all(number, &links));
        runtime.block_on(links.close());
        let ours = began.elapsed();
        let seen = looking.end();
        println!(
            "| {count} hosts over SSH, {shell}: boot and ready program on each | {:.1} s, {:.2} × ssh alone ({:.1} s) |",
            ours.as_secs_f64(),
            ours.as_secs_f64() / by_hand.as_secs_f64(),
            by_hand.as_secs_f64()
        );
        println!("| … peak memory of hoist | {:.0} MB |", own_peak());
        let memory = seen.memory as f64 / 1024.0;
        println!("| … peak memory of all ssh processes together, each its own part | {memory:.0} MB |");
        println!("| … the most ssh processes at once | {} |", seen.processes);
        println!("| … the most open files of hoist | {} |", seen.files);
    }
}

impl Hosts {
    fn start(count: usize) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let key = directory.path().join("key");
        machine::generate_key(&key);
        let free = TcpListener::bind(("0.0.0.0", 0)).and_then(|listener| listener.local_addr());
        let machine = Machine::start(MachineOptions {
            id: "i-all".to_owned(),
            address: "0.0.0.0".to_owned(),
            port: free.expect("a free port").port(),
            user_data: Vec::new(),
            authorized_key: fs::read_to_string(key.with_extension("pub")).ok(),
            cloud_init: CloudInit::Fast,
        });
        while !machine.console().contains("Server listening") {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { directory, machine, count }
    }

    fn key(&self) -> PathBuf {
        self.directory.path().join("key")
    }

    fn address(number: usize) -> String {
        Ipv4Addr::from(0x7f4d_0001 + u32::try_from(number).expect("a small number")).to_string()
    }

    /// Gives root a shell that computes for a while first.
    fn slow_down(&self) {
        let turns = |turns: u64| format!("i=0; while [ $i -lt {turns} ]; do i=$((i + 1)); done");
        let began = Instant::now();
        let tried = std::process::Command::new("sh").args(["-c", &turns(100_000)]).status();
        assert!(tried.is_ok_and(|status| status.success()), "a shell counts");
        let enough = (100_000.0 * SLOW.as_secs_f64() / began.elapsed().as_secs_f64()) as u64;
        let shell = self.machine.file("/var/tmp/shell");
        fs::write(&shell, format!("#!/bin/sh\n{}\nexec /bin/sh \"$@\"\n", turns(enough))).expect("a shell");
        fs::set_permissions(&shell, Permissions::from_mode(0o755)).expect("a shell");
        let passwd = self.machine.own("passwd");
        let users = fs::read_to_string(&passwd).expect("users");
        fs::write(passwd, users.replacen(":/root:/bin/sh\n", ":/root:/var/tmp/shell\n", 1)).expect("users");
    }

    fn plain(&self, round: usize) -> plain::Hosts {
        plain::Hosts {
            addresses: (0..self.count).map(Self::address).collect(),
            port: self.machine.port(),
            key: self.key(),
            directory: self.directory.path().join(format!("plain-{round}")),
            wide: WIDE,
        }
    }

    async fn all(&self, round: usize, links: &Arc<ConnectionPool>) {
        let keys = Arc::new(RunKeys::new(self.directory.path().join(format!("run-{round}"))));
        let console: Arc<dyn Console> = Arc::new(Shown(self.machine.console()));
        let infrastructure = Arc::new(Semaphore::new(WIDE));
        let mut running = tokio::task::JoinSet::new();
        for number in 0..self.count {
            let target = SshTarget {
                address: Self::address(number),
                port: Some(self.machine.port()),
                user: Some("root".to_owned()),
                key: Some(self.key()),
                policy: HostKeyPolicy::Strict,
                machine: Some(format!("i-{number}")),
                base: Path::new("/var/tmp").join(format!("hoist.bench-{round}")),
                service: format!("host-{number}"),
                terms: SshTerms::default(),
            };
            let host = SshHost::new(target, keys.clone(), links.clone(), Some(console.clone()));
            let infrastructure = infrastructure.clone();
            running.spawn(async move {
                let _place = infrastructure.acquire().await;
                one(&host, number).await;
            });
        }
        running.join_all().await;
    }
}

/// What a service does with its host.
async fn one(host: &SshHost, number: usize) {
    host.reach().await.expect("it answers");
    for kind in [ProgramKind::Boot, ProgramKind::Ready] {
        let name = format!("{kind}.sh");
        let content = Content::Bytes(PROGRAM.as_bytes().to_vec());
        let task = Task {
            service: format!("host-{number}"),
            kind,
            key: format!("host-{number}/{kind}/1.0/run"),
            files: vec![StageFile { name: name.clone(), content, mode: 0o755 }],
            archive: None,
            program: name.into(),
            args: Vec::new(),
            environment: Vec::new(),
            timeout: Duration::from_secs(600),
            result: None,
        };
        let done = host.carry_out(&task).await.expect("it runs a program");
        assert_eq!(done.finished.output, "hello\n");
    }
}
