//! The figures that hoist promises, measured: `cargo bench` prints them as a table.
//!
//! Each is the median of several runs of the real program, except for the simulated boot, which runs in this process.

#![allow(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

mod elastic;
mod memory;
mod resting_daemon;
mod templates;
mod user_data;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist::cloud::sim::{Delay, Execution, ProgramBehavior, SimCloud, SimConfig};
use hoist::engine::{DriveResult, Driver, DriverOptions, MemoryRunJournal, Run, StopRequest};
use hoist::plan::ProgramKind;
use hoist::plan::{LoadOptions, Plan, Service, load};
use nix::sys::resource::{UsageWho, getrusage};
use tokio::sync::watch;

use crate::resting_daemon::RestingDaemon;

const HOIST: &str = env!("CARGO_BIN_EXE_hoist");

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut rows = Vec::new();

    let wide = write_plan(directory.path(), "wide", &[2000; 5]);
    let validate = ["plan", "validate", text(&wide)];
    let took = median(5, || hoist(directory.path(), &validate));
    // The largest child so far is one that validated: nothing else has run yet.
    let megabytes = largest_child();
    rows.push(row("`plan validate` of 10,000 services", seconds(took), "≤ 1 s"));
    rows.push(row("… its peak memory", format!("{megabytes} MB"), "≤ 150 MB"));

    for (count, mark) in [(10, "≤ 0.05 s"), (100, "≤ 0.2 s"), (1000, "≤ 1.5 s")] {
        let plan = write_plan(directory.path(), &format!("dry{count}"), &[count; 3]);
        let took = median(5, || hoist(directory.path(), &["plan", "boot", "--dry-run", text(&plan)]));
        rows.push(row(&format!("`plan boot --dry-run`, 3 levels × {count} services"), seconds(took), mark));
    }

    let took = [1, 10, 100].map(|levels| {
        let plan = write_plan(directory.path(), &format!("high{levels}"), &vec![1000; levels]);
        median(if levels < 100 { 5 } else { 1 }, || {
            hoist(directory.path(), &["plan", "boot", "--dry-run", text(&plan)]);
        })
    });
    for (at, what, mark) in [(1, "10 levels", "≤ 2 s"), (2, "100 levels", "≤ 25 s")] {
        let growth = took[at].as_secs_f64() / took[at - 1].as_secs_f64();
        let measured = format!("{}; {growth:.1} × a tenth of it", seconds(took[at]));
        rows.push(row(&format!("`plan boot --dry-run`, {what} × 1000 services"), measured, mark));
    }
    rows.push(row("… its peak memory", format!("{} MB", largest_child()), "≤ 1000 MB"));

    let plan = read(&write_plan(directory.path(), "five", &[200; 5]));
    let simulated = simulated_boot(plan);
    let ratio = simulated.virtual_time.as_secs_f64() / simulated.critical_path.as_secs_f64();
    let overhead = simulated.real_time.as_secs_f64() * 1000.0 / 1000.0;
    rows.push(row(
        "boot of 1,000 services in 5 levels, simulated: time ÷ critical path",
        format!("{ratio:.3}"),
        "≤ 1.05",
    ));
    rows.push(row("… overhead a service", format!("{overhead:.2} ms"), "≤ 1 ms"));
    rows.push(row("… calls to the cloud", simulated.calls.to_string(), "≤ 30"));

    let took = median(20, || hoist(directory.path(), &["--version"]));
    rows.push(row("`hoist --version`", format!("{:.1} ms", took.as_secs_f64() * 1000.0), "≤ 10 ms"));

    let took = median(3, || {
        templates::worker_user_data(10_000);
    });
    rows.push(row("rendering 10,000 workers' user data", seconds(took), "≤ 1 s"));

    let slowest = user_data::megabytes().map(|(what, content)| {
        let file = directory.path().join("user-data");
        std::fs::write(&file, content).expect("user data can be written");
        (median(3, || lint(&file)), what)
    });
    let (took, what) = slowest.into_iter().max().expect("there are some");
    rows.push(row(&format!("`userdata lint` of 1 MB; the slowest of five kinds: {what}"), seconds(took), "≤ 1 s"));

    let pool = elastic::Pool::new();
    let passes = elastic::passes(&pool);
    let measured = format!("{}; later ones {}", seconds(passes.first), seconds(passes.later));
    rows.push(row(
        "one pass of a fleet: 100,000 jobs in 500 groups, 10,000 machines of 20 shapes",
        measured,
        "≤ 0.2 s",
    ));
    rows.push(row("… peak memory, with what is observed", format!("{} MB", passes.peak), "≤ 150 MB"));
    let ads = elastic::write_single_ads(directory.path());
    let took = median(3, || elastic::pass_of_single_ads(&pool, &ads));
    rows.push(row("… of 100,000 single ads in a file, which is read", seconds(took), "≤ 2 s"));
    drop(pool);

    let workload = elastic::write_workload(directory.path());
    for engine in ["elastiq", "classad"] {
        let kind = ["--machine", "cpus=16,memory=64GB", "--max", "400"];
        let arguments = [&["elastic", "simulate", text(&workload), "--engine", engine][..], &kind[..]].concat();
        let took = median(3, || hoist(directory.path(), &arguments));
        rows.push(row(&format!("simulation of 1,000,000 jobs over 30 days, {engine}"), seconds(took), "≤ 5 s"));
    }

    let daemon = RestingDaemon::measure(HOIST, directory.path());
    let measured = format!("{} MB; {:.2} % of a core", daemon.memory, daemon.percent);
    rows.push(row("`elastic run` at rest, with one worker, at the default periods", measured, "≤ 25 MB; ≤ 0.5 %"));

    let many = write_plan(directory.path(), "many", &[100]);
    let boot = once(|| hoist(directory.path(), &["plan", "boot", text(&many)]));
    let terminate = once(|| hoist(directory.path(), &["plan", "terminate", "many"]));
    rows.push(row("boot of 100 services on the local cloud, real processes", seconds(boot), ""));
    rows.push(row("… `plan terminate`", seconds(terminate), ""));

    println!("| what | measured | mark |\n|---|---|---|");
    rows.iter().for_each(|row| println!("{row}"));
}

fn row(what: &str, measured: String, mark: &str) -> String {
    format!("| {what} | {measured} | {mark} |")
}

fn seconds(took: Duration) -> String {
    format!("{:.3} s", took.as_secs_f64())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

/// A plan of levels of so many services each; each service reads its level's first service and the level before.
fn write_plan(directory: &Path, name: &str, levels: &[usize]) -> PathBuf {
    for program in ["boot.sh", "ready.sh"] {
        std::fs::write(directory.join(program), "#!/bin/sh\nexit 0\n").expect("a program can be written");
    }
    let mut plan = format!("name = \"{name}\"\n[variables]\nport = \"8080\"\n[defaults]\ncloud = \"local\"\n");
    for (level, &count) in levels.iter().enumerate() {
        let _ = writeln!(plan, "[[levels]]\nname = \"level{}\"", level + 1);
        for number in 0..count {
            let peer = format!("${{s{level}-0.address}}");
            let before =
                level.checked_sub(1).map(|before| format!("${{s{before}-{}.address}}", number % levels[before]));
            let before = before.unwrap_or_else(|| "none".to_owned());
            let _ = writeln!(
                plan,
                "[levels.services.s{level}-{number}]\nattributes = {{ peer = \"{peer}\", before = \"{before}\" }}\n\
                 boot = {{ program = \"boot.sh\", args = [\"${{global.port}}\", \"${{.before}}\"] }}\nready = \"ready.sh\""
            );
        }
    }
    let path = directory.join(format!("{name}.toml"));
    std::fs::write(&path, plan).expect("the plan can be written");
    path
}

fn read(path: &Path) -> Plan {
    load(path, &LoadOptions::default()).expect("the plan is valid").plan
}

/// Runs hoist with its own state file; it must succeed.
fn hoist(directory: &Path, args: &[&str]) {
    let state = directory.join("state/hoist.db");
    let mut command = Command::new(HOIST);
    command.args(args).env("HOIST_STATE", state).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = command.output().expect("hoist can be run");
    assert!(output.status.success(), "hoist {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What it finds is not the question here.
fn lint(file: &Path) {
    let mut command = Command::new(HOIST);
    command.args(["userdata", "lint", text(file)]).stdout(Stdio::null()).stderr(Stdio::null());
    let code = command.status().expect("hoist can be run").code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
}

/// The most memory that a child of this process has had, in MB.
fn largest_child() -> i64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| usage.max_rss()) / 1024
}

fn once(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(times: usize, mut work: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..times).map(|_| once(&mut work)).collect();
    took.sort();
    took[times / 2]
}

struct Simulated {
    virtual_time: Duration,
    critical_path: Duration,
    real_time: Duration,
    calls: u64,
}

/// Boots the plan on a simulated cloud whose programs take as long as their service's name says.
fn simulated_boot(plan: Plan) -> Simulated {
    let boot = Delay::fixed(Duration::from_secs(20));
    let reach = Delay::fixed(Duration::from_secs(10));
    let launch = Delay::fixed(Duration::from_secs(2));
    let programs =
        |execution: &Execution<'_>| ProgramBehavior::success_after(program_time(execution.service, execution.program));
    let slowest = |service: &Service| {
        program_time(&service.name, Some(ProgramKind::Boot)) + program_time(&service.name, Some(ProgramKind::Ready))
    };
    let levels = plan.levels.iter().map(|level| level.services.iter().map(slowest).max().unwrap_or_default());
    // Machines of all levels are launched at the start, so only the first level waits for its own; the simulated cloud
    // makes them half way through its answer.
    let critical_path = Duration::from_secs(1 + 20 + 10) + levels.sum::<Duration>();

    let started = Instant::now();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let (virtual_time, calls) = runtime.block_on(async {
        let cloud = SimCloud::new(SimConfig {
            boot,
            reach,
            launch,
            programs: Some(Arc::new(programs)),
            ..SimConfig::default()
        });
        let begin = tokio::time::Instant::now();
        let options = DriverOptions { owner: "bench".to_owned(), max_concurrency: 1000 };
        let (_keep, stop) = watch::channel(StopRequest::None);
        let (store, mut nobody) = (Arc::new(MemoryRunJournal::new()), ());
        let mut driver =
            Driver::new(Run::new("bench.1", "bench", plan), store, Arc::new(cloud.clone()), &mut nobody, options);
        driver.boot(false).expect("a new run takes a goal");
        assert_eq!(driver.drive(stop).await.expect("the journal is in memory"), DriveResult::Up);
        (begin.elapsed(), cloud.calls().of_cloud())
    });
    Simulated { virtual_time, critical_path, real_time: started.elapsed(), calls }
}

/// Between 5 and 25 s, different for each service and program.
fn program_time(service: &str, program: Option<ProgramKind>) -> Duration {
    let seed = service.bytes().fold(program.map_or(0, |kind| kind as u64), |sum, byte| sum * 31 + u64::from(byte));
    Duration::from_millis(5000 + seed % 20_000)
}
