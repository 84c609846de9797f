//! Levels: strict between programs, a barrier within, and machines as early as they can be had.

use std::time::Duration;

use hoist::cloud::sim::{Delay, FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, Goal, ServiceEvent};
use hoist::plan::{LaunchSpec, Text};

use crate::engine::lab::{Lab, UP, most_at_once};
use crate::simulated::virtual_time;

/// Everything takes a different time.
fn uneven(seed: u64) -> SimConfig {
    let between = |least, most| Delay::between(Duration::from_millis(least), Duration::from_millis(most));
    SimConfig {
        seed,
        launch: between(100, 3000),
        boot: between(500, 20_000),
        reach: between(100, 9000),
        program: between(50, 9000),
        max_batch: 2,
        ..SimConfig::default()
    }
}

#[test]
fn no_program_of_a_level_starts_before_all_of_the_level_below_are_ready() {
    for seed in 0..20 {
        virtual_time(async {
            let mut lab = Lab::new(uneven(seed), &[&["a", "b", "here"], &["c", "d", "e"], &["f"]], |_| {});
            assert_eq!(lab.boot().await, DriveResult::Up);
            lab.assert_up();
            let executed = lab.cloud.executed();
            assert_eq!(executed.len(), 2 * 7);
            for (below, above) in
                [(["a", "b", "here"].as_slice(), ["c", "d", "e"].as_slice()), (&["c", "d", "e"], &["f"])]
            {
                let ends = executed.iter().filter(|e| below.contains(&e.service.as_str())).map(|e| e.ends).max();
                let begins = executed.iter().filter(|e| above.contains(&e.service.as_str())).map(|e| e.began).min();
                assert!(begins >= ends, "seed {seed}: {above:?} began at {begins:?}, {below:?} ended at {ends:?}");
            }
        });
    }
}

#[test]
fn boot_programs_start_only_when_every_address_of_their_level_is_known() {
    for seed in 0..20 {
        virtual_time(async {
            let mut lab = Lab::new(uneven(seed), &[&["a", "b", "c", "d"]], |_| {});
            assert_eq!(lab.boot().await, DriveResult::Up);
            let addressed = ["a", "b", "c", "d"]
                .map(|name| lab.first(name, |change| matches!(change, ServiceEvent::Addressed { .. })).unwrap());
            let booting = ["a", "b", "c", "d"]
                .map(|name| lab.first(name, |change| matches!(change, ServiceEvent::BootStarted)).unwrap());
            assert!(addressed.iter().max() < booting.iter().min(), "seed {seed}: {addressed:?} {booting:?}");
        });
    }
}

#[test]
fn a_service_that_failed_to_launch_does_not_hold_the_others_back() {
    virtual_time(async {
        let mut lab = Lab::new(uneven(1), &[&["a", "b", "c", "d"]], |_| {});
        lab.cloud.fault(SimFault::once("b", FaultKind::NeverRuns));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        for name in ["a", "c", "d"] {
            assert_eq!(lab.phase(name).name(), "ready");
        }
        assert_eq!(lab.phase("b").name(), "failed");
    });
}

#[test]
fn machines_of_all_levels_are_launched_at_once() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert_eq!(lab.launches(), [["a", "b", "c", "d", "e", "f"]]);
    });
}

#[test]
fn machines_are_launched_with_their_level_where_that_is_asked_for() {
    virtual_time(async {
        let mut lab = Lab::simple();
        let halt = lab.go(|driver| driver.set_goal(Goal::Up { repairs: 0, by_level: true, dependents: false })).await;
        assert_eq!(halt, DriveResult::Up);
        assert_eq!(lab.launches(), [["a", "b"], ["c", "d"], ["e", "f"]]);
        for (below, above) in [("a", "c"), ("b", "c"), ("c", "e"), ("d", "e")] {
            let ready = lab.first(below, |change| matches!(change, ServiceEvent::Ready { .. })).unwrap();
            let launched = lab.first(above, |change| matches!(change, ServiceEvent::Launched { .. })).unwrap();
            assert!(ready < launched, "{above} was launched before {below} was ready");
        }
    });
}

#[test]
fn a_machine_that_is_made_from_what_an_earlier_level_wrote_waits_for_it() {
    virtual_time(async {
        let config = SimConfig {
            boot_outputs: [("a".to_owned(), [("image".to_owned(), "made-by-a".to_owned())].into())].into(),
            ..SimConfig::default()
        };
        let mut lab = Lab::new(config, &[&["a"], &["b"], &["c", "d"]], |plan| {
            let service = &mut plan.levels[2].services[0];
            service.launch = Some(LaunchSpec { image: Some(Text::new("${a.image}")), ..LaunchSpec::default() });
        });
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert_eq!(lab.launches(), [["a", "b", "d"].as_slice(), &["c"]]);
        let ready = lab.first("a", |change| matches!(change, ServiceEvent::Ready { .. })).unwrap();
        let launched = lab.first("c", |change| matches!(change, ServiceEvent::Launched { .. })).unwrap();
        assert!(ready < launched);
    });
}

#[test]
fn no_more_is_under_way_than_allowed() {
    for most in [1, 2, 5] {
        virtual_time(async {
            let names: Vec<String> = (0..20).map(|number| format!("s{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut lab = Lab::new(uneven(3), &[&names], |_| {});
            lab.max_concurrency = most;
            assert_eq!(lab.boot().await, DriveResult::Up);
            assert_eq!(lab.terminate().await, DriveResult::Terminated);
            lab.assert_gone();
            let programs = lab.cloud.executed();
            assert_eq!(programs.len(), 3 * 20);
            let at_once = most_at_once(programs.iter().map(|executed| (executed.began, executed.ends)));
            assert_eq!(at_once, most, "programs at once");
        });
    }
}

#[test]
fn a_machine_that_does_not_come_up_keeps_no_other_waiting_when_one_thing_is_done_at_a_time() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"]], |plan| {
            // Nothing follows from them, so that only their machines are waited for.
            for service in &mut plan.levels[0].services {
                service.attributes.clear();
            }
        });
        lab.max_concurrency = 1;
        lab.cloud.fault(SimFault::once("a", FaultKind::NeverRuns));
        assert_eq!(lab.go(|driver| driver.set_goal(UP)).await, DriveResult::Failed);
        let reached = lab.first("b", |change| matches!(change, ServiceEvent::Reachable { .. }));
        let failed = lab.first("a", |change| matches!(change, ServiceEvent::Failed { .. }));
        assert!(reached.is_some() && reached < failed, "b was reached at {reached:?}, a failed at {failed:?}");
        assert_eq!(lab.phase("b").name(), "ready");
    });
}
