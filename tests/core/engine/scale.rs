//! Many services: few calls, few commits, and no time beyond the critical path.

use std::time::Duration;

use hoist::cloud::sim::{Delay, SimConfig};
use hoist::engine::{DriveResult, RunStatus};
use tokio::time::Instant;

use crate::engine::lab::Lab;
use crate::simulated::virtual_time;

const LEVELS: usize = 5;
const A_LEVEL: usize = 200;

fn thousand(config: SimConfig) -> Lab {
    let names: Vec<Vec<String>> =
        (0..LEVELS).map(|level| (0..A_LEVEL).map(|number| format!("s{level}-{number}")).collect()).collect();
    let names: Vec<Vec<&str>> = names.iter().map(|level| level.iter().map(String::as_str).collect()).collect();
    let levels: Vec<&[&str]> = names.iter().map(Vec::as_slice).collect();
    Lab::new(config, &levels, |_| {})
}

#[test]
fn a_thousand_equal_instances_are_launched_and_watched_with_thirty_calls() {
    virtual_time(async {
        let mut lab = thousand(SimConfig::default());
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.launches().len(), 1);
        assert!(lab.calls().len() <= 30, "{} calls", lab.calls().len());
    });
}

#[test]
fn instances_that_come_up_one_by_one_are_watched_with_few_calls_too() {
    virtual_time(async {
        let boot = Delay::between(Duration::from_secs(5), Duration::from_secs(90));
        let mut lab = thousand(SimConfig { boot, ..SimConfig::default() });
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert!(lab.calls().len() <= 30, "{} calls", lab.calls().len());
    });
}

#[test]
fn a_thousand_services_take_no_longer_than_their_critical_path() {
    virtual_time(async {
        // What EC2 and a small program take; all known, so that the shortest possible time is.
        let (launch, boot, reach, program) = (2, 30, 20, 15);
        let seconds = |seconds| Delay::fixed(Duration::from_secs(seconds));
        let mut lab = thousand(SimConfig {
            launch: seconds(launch),
            boot: seconds(boot),
            reach: seconds(reach),
            program: seconds(program),
            ..SimConfig::default()
        });
        // The machines of all levels come up side by side; then each level runs a boot and a ready program.
        let critical = Duration::from_secs(launch / 2 + boot + reach + LEVELS as u64 * 2 * program);
        let began = Instant::now();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let took = began.elapsed();
        assert!(took >= critical, "{took:?} of {critical:?}");
        assert!(took.as_secs_f64() <= 1.05 * critical.as_secs_f64(), "{took:?} of {critical:?}");
    });
}

#[test]
fn events_that_come_together_are_committed_together() {
    virtual_time(async {
        let mut lab = thousand(SimConfig {
            program: Delay::between(Duration::from_secs(1), Duration::from_secs(3)),
            ..SimConfig::default()
        });
        lab.commit_delay = Duration::from_millis(20);
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert_eq!(lab.run.status(), RunStatus::Up);
        assert!(lab.records.len() > 7000, "{} records", lab.records.len());
        assert!(lab.commits * 5 < lab.records.len(), "{} commits of {} records", lab.commits, lab.records.len());
    });
}
