//! What many hosts over SSH cost: `cargo bench --bench ssh [-- HOSTS]`, as root, since it starts an sshd.
//!
//! One sshd answers for all of them, each at an address of its own; it computes on the same machine, and takes more of it
//! than hoist does.

#![allow(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hoist::engine::{Command, DEFAULT_MAX_CONCURRENCY, Host, Upload};
use hoist::host::ssh::{Console, Links, RunKeys, SshHost, SshTarget};
use hoist::plan::HostKeyPolicy;
use tokio::sync::Semaphore;

#[path = "../tests/support/machine.rs"]
mod machine;

use machine::{CloudInit, Machine, MachineOptions};

/// How many hosts, unless told.
const HOSTS: usize = 500;

/// The pause between two looks at what it takes: each look takes some milliseconds from them.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// The size of a page of memory.
const PAGE: u64 = 4096;

/// The console of the one machine.
struct Shown(String);

#[async_trait]
impl Console for Shown {
    async fn text(&self) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

fn main() {
    if let Some(why) = Machine::lacks(CloudInit::Fast) {
        println!("hosts over SSH: not measured, {why}");
        return;
    }
    let hosts = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(HOSTS);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let key = directory.path().join("key");
    machine::generate_key(&key);
    let port =
        TcpListener::bind(("0.0.0.0", 0)).and_then(|listener| listener.local_addr()).expect("a free port").port();
    let machine = Machine::start(MachineOptions {
        id: "i-all".to_owned(),
        address: "0.0.0.0".to_owned(),
        port,
        user_data: Vec::new(),
        authorized_key: std::fs::read_to_string(key.with_extension("pub")).ok(),
        cloud_init: CloudInit::Fast,
    });
    while !machine.console().contains("Server listening") {
        std::thread::sleep(Duration::from_millis(10));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let looking = Looking::start(directory.path().to_str().expect("a plain path").to_owned());
    let began = Instant::now();
    let links = Arc::new(Links::new());
    runtime.block_on(async {
        let keys = Arc::new(RunKeys::new(directory.path().join("run")));
        let console: Arc<dyn Console> = Arc::new(Shown(machine.console()));
        let places = Arc::new(Semaphore::new(DEFAULT_MAX_CONCURRENCY));
        let mut running = tokio::task::JoinSet::new();
        for number in 0..hosts {
            let target = SshTarget {
                address: Ipv4Addr::from(0x7f4d_0001 + u32::try_from(number).expect("a small number")).to_string(),
                port: Some(port),
                user: Some("root".to_owned()),
                key: Some(key.clone()),
                policy: HostKeyPolicy::Strict,
                machine: Some(format!("i-{number}")),
                base: "/var/tmp/hoist.bench".into(),
                service: format!("host-{number}"),
            };
            let host = SshHost::new(target, keys.clone(), links.clone(), Some(console.clone()));
            let places = places.clone();
            running.spawn(async move {
                let _place = places.acquire().await;
                one(&host, number).await;
            });
        }
        running.join_all().await;
    });
    let took = began.elapsed();
    let closing = Instant::now();
    runtime.block_on(links.close());
    let seen = looking.end();
    println!(
        "| {hosts} hosts over SSH: connected, one program uploaded and run on each | {:.1} s |",
        took.as_secs_f64()
    );
    println!("| … closing the connections | {:.1} s |", closing.elapsed().as_secs_f64());
    println!("| … peak memory of hoist | {:.0} MB |", own_peak());
    println!(
        "| … peak memory of all ssh processes together, each its own part | {:.0} MB |",
        seen.memory as f64 / 1024.0
    );
    println!("| … the most ssh processes at once | {} |", seen.processes);
    println!("| … the most open files of hoist | {} |", seen.files);
}

/// What a service does with its host.
async fn one(host: &SshHost, number: usize) {
    host.reach().await.expect("it answers");
    let path = host.stage_base().join(format!("host-{number}/boot.sh"));
    let program = Upload { path: path.clone(), content: b"#!/bin/sh\necho hello\n".to_vec(), mode: 0o755 };
    host.upload(&program).await.expect("it takes a file");
    let command = Command {
        key: format!("host-{number}/boot/1.0/run"),
        argv: vec![path.to_string_lossy().into_owned()],
        directory: "/".into(),
        environment: Vec::new(),
        timeout: Duration::from_secs(600),
    };
    let finished = host.run(&command).await.expect("it runs a program");
    assert_eq!(finished.output, "hello\n");
}

/// The most that was in use at any look.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    processes: usize,
    /// KiB.
    memory: u64,
    files: usize,
}

/// Looks at the processes from time to time.
struct Looking {
    ends: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Most>,
}

impl Looking {
    fn start(mark: String) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let flag = ends.clone();
        let thread = std::thread::spawn(move || {
            let mut most = Most::default();
            while !flag.load(Ordering::Relaxed) {
                let now = look(&mark);
                most.processes = most.processes.max(now.processes);
                most.memory = most.memory.max(now.memory);
                most.files = most.files.max(now.files);
                std::thread::sleep(LOOK_PAUSE);
            }
            most
        });
        Self { ends, thread }
    }

    fn end(self) -> Most {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().expect("looking does not fail")
    }
}

/// Our clients: the connections, which name our directory, and what is asked over them.
fn look(mark: &str) -> Most {
    let mut seen = Most { files: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count), ..Most::default() };
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(line) = std::fs::read(path.join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line);
        if !line.starts_with("ssh\0") || !(line.contains(mark) || line.contains("/master")) {
            continue;
        }
        seen.processes += 1;
        // Pages: all, in memory, and of these the ones shared with other processes.
        let memory = std::fs::read_to_string(path.join("statm")).unwrap_or_default();
        let mut pages = memory.split(' ').skip(1).filter_map(|count| count.parse::<u64>().ok());
        let own = pages.next().unwrap_or(0).saturating_sub(pages.next().unwrap_or(0));
        seen.memory += own * PAGE / 1024;
    }
    seen
}

/// The most memory of this process, in MB.
fn own_peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|value| value.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
