//! What a daemon takes while nothing happens.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::station::{FLEET, Station};

/// Largest memory, in kB.
const MOST_MEMORY: u64 = 25 * 1024;

/// At the default periods, a daemon at rest stays small. The time that it computes is measured, and judged by a bound
/// that a busy machine keeps, too: ten times the mark of 0.5 % of a core.
#[test]
fn a_daemon_at_rest_is_small_and_quiet() {
    let settings =
        ["idle = \"2s\"\n", "queue_every = \"1s\"\n", "machines_every = \"1s\"\n", "errors_every = \"1s\"\n"];
    let fleet = settings.iter().fold(FLEET.to_owned(), |fleet, setting| fleet.replace(setting, ""));
    let station = Station::new(&fleet);
    let daemon = station.start();
    station.await_instances(1);
    let before = ticks(daemon.id());
    let measured = Duration::from_secs(20);
    std::thread::sleep(measured);
    let used = ticks(daemon.id()) - before;
    let memory = memory(daemon.id());
    let share = used as f64 / 100.0 / measured.as_secs_f64();
    use std::io::Write as _;
    writeln!(std::io::stderr(), "at rest: {memory} kB, {:.2} % of a core", share * 100.0).unwrap();
    assert!(memory <= MOST_MEMORY, "{memory} kB");
    assert!(share <= 0.05, "{share}");
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

/// The processor time of a process itself, in hundredths of a second.
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// The resident memory of a process, in kB.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
