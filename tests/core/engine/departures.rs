//! Levels on the way down: who waits for whose end, and what a kill in between leaves.

use std::time::Duration;

use hoist::cloud::sim::{Delay, FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, ServiceEvent, StopRequest};
use hoist::plan::Plan;
use hoist::provider::CloudErrorKind;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::engine::lab::{Lab, What, terminate};
use crate::simulated::virtual_time;

const SHUTDOWN: Duration = Duration::from_secs(60);

const LEVELS: [&[&str]; 5] = [&["a"], &["b"], &["c"], &["d"], &["e"]];

/// On a cloud whose machines take their time to go.
fn lab(levels: &[&[&str]], change: impl FnOnce(&mut Plan)) -> Lab {
    Lab::new(SimConfig { shutdown: Delay::fixed(SHUTDOWN), ..SimConfig::default() }, levels, change)
}

/// Without terminate programs but for these services.
fn silent_but(plan: &mut Plan, speaking: &[&str]) {
    for service in plan.levels.iter_mut().flat_map(|level| &mut level.services) {
        if !speaking.contains(&service.name.as_str()) {
            service.programs.terminate = None;
        }
    }
}

fn began(lab: &Lab, service: &str) -> usize {
    lab.first(service, |change| matches!(change, ServiceEvent::TerminateStarted { .. })).unwrap()
}

fn accepted(lab: &Lab, service: &str) -> usize {
    lab.first(service, |change| *change == ServiceEvent::TerminateAccepted).unwrap()
}

fn gone(lab: &Lab, service: &str) -> usize {
    lab.first(service, |change| *change == ServiceEvent::Terminated).unwrap()
}

#[test]
fn a_level_waits_for_the_one_above_to_be_on_its_way_only() {
    virtual_time(async {
        let mut lab = lab(&LEVELS, |plan| silent_but(plan, &[]));
        assert_eq!(lab.boot().await, DriveResult::Up);
        let before = Instant::now();
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        assert!(before.elapsed() < 2 * SHUTDOWN, "{:?}", before.elapsed());
        lab.assert_gone();
        for (above, below) in [("e", "d"), ("d", "c"), ("c", "b"), ("b", "a")] {
            assert!(accepted(&lab, above) < began(&lab, below), "still in reverse: {above} and {below}");
            assert!(began(&lab, below) < gone(&lab, above), "{below} did not wait for the end of {above}");
        }
    });
}

#[test]
fn a_terminate_program_still_finds_all_that_is_above_gone() {
    virtual_time(async {
        let mut lab = lab(&LEVELS, |plan| silent_but(plan, &["b"]));
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
        assert!(began(&lab, "c") < gone(&lab, "e"));
        for above in ["c", "d", "e"] {
            assert!(gone(&lab, above) < began(&lab, "b"), "{above}");
        }
        assert!(began(&lab, "a") < gone(&lab, "b"));
    });
}

#[test]
fn a_level_that_cannot_be_removed_does_not_keep_a_program_below_from_running() {
    virtual_time(async {
        let mut lab = lab(&LEVELS, |plan| silent_but(plan, &["b"]));
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.fault(SimFault::once("d", FaultKind::Terminate(CloudErrorKind::Rejected)));
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        let alive: Vec<String> = lab.cloud.alive().into_iter().map(|launched| launched.service).collect();
        assert_eq!(alive, ["d"]);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn of_many_machines_those_that_stay_are_found_by_halves_and_all_others_go_together() {
    virtual_time(async {
        let names: Vec<String> = (0..200).map(|number| format!("w{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut lab = lab(&[&names], |plan| silent_but(plan, &[]));
        assert_eq!(lab.boot().await, DriveResult::Up);
        for kept in ["w17", "w142"] {
            let stays = FaultKind::Terminate(CloudErrorKind::Rejected);
            lab.cloud.fault(SimFault { service: Some(kept.to_owned()), kind: stays, times: 1000 });
        }
        let before = Instant::now();
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        assert!(before.elapsed() < 2 * SHUTDOWN, "{:?}", before.elapsed());
        let mut alive: Vec<String> = lab.cloud.alive().into_iter().map(|launched| launched.service).collect();
        alive.sort();
        assert_eq!(alive, ["w142", "w17"]);
        let calls = lab.calls().into_iter().filter(|call| matches!(call.what, What::Terminate(_))).count();
        assert!(calls <= 2 * 2 * 8 + 1, "{calls} calls");
        let told = lab.notes.join("\n");
        assert!(told.contains("0 of 200 machines on sim gone") && told.contains("2 cannot be removed"), "{told}");
        assert!(told.contains("198 of 200 machines on sim gone"), "{told}");
    });
}

#[test]
fn credentials_that_are_refused_are_not_tried_for_each_machine() {
    virtual_time(async {
        let names: Vec<String> = (0..200).map(|number| format!("w{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut lab = lab(&[&names], |plan| silent_but(plan, &[]));
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.fault(SimFault { service: None, kind: FaultKind::Terminate(CloudErrorKind::Denied), times: 1000 });
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        let calls = lab.calls().into_iter().filter(|call| matches!(call.what, What::Terminate(_))).count();
        assert_eq!(calls, 3);
        assert_eq!(lab.cloud.alive().len(), 200);
    });
}

#[test]
fn a_kill_at_any_moment_of_it_leaves_nothing_behind() {
    virtual_time(async {
        let plan = |plan: &mut Plan| silent_but(plan, &["b"]);
        let mut whole = lab(&LEVELS, plan);
        assert_eq!(whole.boot().await, DriveResult::Up);
        let up = whole.records.len();
        assert_eq!(whole.terminate().await, DriveResult::Terminated);
        for cut in 0..whole.records.len() - up {
            let mut lab = lab(&LEVELS, plan);
            assert_eq!(lab.boot().await, DriveResult::Up);
            let (_keep, stop) = watch::channel(StopRequest::None);
            // What the store refuses is what a killed process did not get to write.
            let _ = lab.try_go(stop, Some(lab.records.len() + cut), terminate).await;
            assert_eq!(lab.terminate().await, DriveResult::Terminated, "cut after {cut}");
            lab.assert_gone();
        }
    });
}
