//! Tear-down: in reverse, to the end, and proved.

use std::collections::BTreeMap;

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, RunEvent, RunStatus, ServiceEvent};
use hoist::plan::ProgramKind;
use hoist::provider::{Cloud, CloudErrorKind, Host, InstanceSpec, LaunchRequest, TAG_OWNER, TAG_RUN, Upload};

use crate::engine::lab::{Lab, RUN_ID, What, program_fails};
use crate::simulated::virtual_time;

#[test]
fn levels_go_in_reverse_and_each_machine_after_its_terminate_program() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
        for (above, below) in [(["e", "f"], ["c", "d"]), (["c", "d"], ["a", "b"])] {
            let gone = above.map(|name| lab.first(name, |change| *change == ServiceEvent::Terminated).unwrap());
            let began = below
                .map(|name| lab.first(name, |change| matches!(change, ServiceEvent::TerminateStarted { .. })).unwrap());
            assert!(
                gone.iter().max() < began.iter().min(),
                "{above:?} were gone at {gone:?}, {below:?} began {began:?}"
            );
        }
        // Twelve programs ran before; each farewell ended before the call that ended its machine began.
        let ids: BTreeMap<String, String> =
            lab.cloud.launched().into_iter().map(|launched| (launched.service, launched.instance.id)).collect();
        let farewells = lab.executed(ProgramKind::Terminate);
        assert_eq!(farewells.len(), 6);
        for farewell in farewells {
            let id = &ids[&farewell.service];
            let removed =
                lab.calls().into_iter().find(|call| matches!(&call.what, What::Terminate(ids) if ids.contains(id)));
            assert!(removed.unwrap().from >= farewell.ends, "{}", farewell.service);
        }
    });
}

#[test]
fn a_host_that_is_given_up_is_not_asked_and_its_machine_goes() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let halt = lab.go(|driver| {
            driver.terminate()?;
            let given_up = driver.run().position("c").unwrap();
            driver.abandon(&[given_up])
        });
        assert_eq!(halt.await, DriveResult::Terminated);
        lab.assert_gone();
        assert_eq!(lab.executed_of(ProgramKind::Terminate, "c").len(), 0);
        assert_eq!(lab.executed(ProgramKind::Terminate).len(), 5);
        // Its level waits for its turn all the same.
        let gone = |name: &str| lab.first(name, |change| *change == ServiceEvent::Terminated).unwrap();
        assert!(gone("c") > gone("e").max(gone("f")));
        for (name, given_up) in [("c", true), ("d", false)] {
            assert_eq!(lab.run.record(lab.run.position(name).unwrap()).abandoned.is_some(), given_up, "{name}");
        }
    });
}

#[test]
fn machines_of_a_level_go_in_one_call() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        let calls = lab.calls().into_iter().filter(|call| matches!(call.what, What::Terminate(_))).count();
        assert_eq!(calls, 3);
    });
}

#[test]
fn a_machine_that_cannot_be_removed_is_named_and_the_next_terminate_goes_on() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        // Refused in the call for both, then alone.
        lab.cloud.fault(SimFault::once("d", FaultKind::Terminate(CloudErrorKind::Rejected)).times(2));
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        assert_eq!(lab.run.status(), RunStatus::Terminating);
        let alive: Vec<String> = lab.cloud.alive().into_iter().map(|launched| launched.service).collect();
        assert_eq!(alive, ["d"], "what was in the same call is gone, and so are the levels below");
        lab.assert_recorded();
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
        for name in ["c", "d"] {
            assert_eq!(lab.executed_of(ProgramKind::Terminate, name).len(), 1, "its program ran once");
        }
    });
}

#[test]
fn a_terminate_call_is_repeated_while_the_cloud_is_busy_or_its_answer_is_lost() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.fault(SimFault::once_each(FaultKind::Terminate(CloudErrorKind::Transient)).times(3));
        lab.cloud.fault(SimFault::once_each(FaultKind::TerminateReplyLost).times(3));
        lab.cloud.fault(SimFault { service: None, kind: FaultKind::Describe(CloudErrorKind::Transient), times: 3 });
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn machines_that_only_the_cloud_knows_are_removed_too() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        for (token, run) in [("of-ours", RUN_ID), ("of-another", "test.2")] {
            let request = LaunchRequest {
                token: token.to_owned(),
                slots: vec!["stray-0".to_owned(), "stray-1".to_owned()],
                machine: InstanceSpec::default(),
                tags: [(TAG_RUN.to_owned(), run.to_owned()), (TAG_OWNER.to_owned(), "test".to_owned())].into(),
                ..LaunchRequest::default()
            };
            lab.cloud.launch(&request).await.unwrap();
        }
        assert_eq!(lab.cloud.alive().len(), 10);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        let alive = lab.cloud.alive();
        assert!(alive.len() == 2 && alive.iter().all(|stray| stray.token == "of-another"), "{alive:?}");
        let RunEvent::Ended { checked } = lab.records.last().unwrap().event else { panic!("it has not ended") };
        assert_eq!(checked, 8);
    });
}

#[test]
fn a_cloud_that_cannot_say_what_is_left_keeps_the_run_open() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        assert_eq!(lab.go(|driver| driver.set_goal(hoist::engine::Goal::DOWN)).await, DriveResult::Terminated);
        let mut lab = Lab::new(SimConfig::default(), &[&["here"], &["b"]], |_| {});
        // Nothing was launched, so that the proof makes the only look.
        lab.cloud.fault(SimFault { service: None, kind: FaultKind::Describe(CloudErrorKind::Rejected), times: 1 });
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        assert!(lab.remains.iter().any(|remain| remain.contains("could not say")), "{:?}", lab.remains);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn a_run_that_is_only_half_up_is_torn_down_whole() {
    virtual_time(async {
        let mut lab = Lab::simple();
        let fails = program_fails(ProgramKind::Boot);
        lab.cloud.fault(SimFault::once("b", fails));
        lab.cloud.fault(SimFault::once("d", FaultKind::Dies(std::time::Duration::from_secs(5))));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
        // Those whose host had answered are told.
        let told: Vec<String> =
            lab.executed(ProgramKind::Terminate).into_iter().map(|executed| executed.service).collect();
        assert!(told.contains(&"a".to_owned()) && told.contains(&"b".to_owned()), "{told:?}");
        assert!(!told.contains(&"d".to_owned()), "{told:?}");
    });
}

#[test]
fn a_run_that_has_ended_takes_nothing_more() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        let (_keep, stop) = tokio::sync::watch::channel(hoist::engine::StopRequest::None);
        let refused = lab.try_go(stop, None, |driver| driver.set_goal(crate::engine::lab::UP)).await;
        assert!(matches!(refused, Err(hoist::engine::DriverError::Illegal(_))), "{refused:?}");
    });
}

#[test]
fn a_host_that_stays_is_released_also_when_nothing_of_its_service_was_recorded() {
    virtual_time(async {
        for reached in [false, true] {
            let mut lab = Lab::new(SimConfig::default(), &[&["here"]], |_| {});
            let host = lab.cloud.standing_host("here");
            if reached {
                assert_eq!(lab.boot().await, DriveResult::Up);
            }
            let file = Upload { path: host.stage_base().join("left"), content: Vec::new(), mode: 0o600 };
            host.upload(&file).await.unwrap();
            assert_eq!(lab.terminate().await, DriveResult::Terminated);
            assert!(host.files().is_empty(), "reached: {reached}");
        }
    });
}
