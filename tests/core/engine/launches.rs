//! Launches: answers that are lost, late, partial or refused, and machines that do not come up.

use std::time::Duration;

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, Phase, ServiceEvent, Stage};
use hoist::plan::ProgramKind;
use hoist::provider::CloudErrorKind;

use crate::engine::lab::Lab;
use crate::simulated::virtual_time;

#[test]
fn a_launch_is_repeated_while_the_cloud_is_busy() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once_each(FaultKind::Launch(CloudErrorKind::Transient)).times(5));
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.launches().len(), 6);
        assert_eq!(lab.cloud.launched().len(), 6);
    });
}

#[test]
fn a_launch_whose_answer_is_lost_launches_nothing_twice() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once_each(FaultKind::LaunchReplyLost).times(4));
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 6, "nothing was launched twice");
    });
}

#[test]
fn a_cloud_that_never_answers_is_given_up_and_what_it_launched_is_found() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once_each(FaultKind::LaunchReplyLost).times(1000));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert_eq!(lab.cloud.alive().len(), 6);
        let Phase::Failed(failure) = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert!(failure.stage == Stage::Launch && failure.unanswered.is_some(), "{failure:?}");
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn a_launch_that_was_given_up_is_resumed_with_the_same_machines() {
    virtual_time(async {
        let mut lab = Lab::simple();
        // Enough for all tries of one command, not for those of the next.
        lab.cloud.fault(SimFault::once_each(FaultKind::LaunchReplyLost).times(100));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        for _ in 0..20 {
            if lab.resume().await == DriveResult::Up {
                break;
            }
        }
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 6, "nothing was launched twice");
    });
}

#[test]
fn machines_that_show_up_late_are_waited_for() {
    virtual_time(async {
        let config = SimConfig { late_visibility: Duration::from_secs(45), ..SimConfig::default() };
        let mut lab = Lab::new(config, &[&["a", "b"], &["c"]], |_| {});
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 3);
    });
}

#[test]
fn a_part_of_the_machines_is_taken_and_the_rest_has_failed_for_lack_of_capacity() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b", "c", "d"]], |_| {});
        lab.cloud.fault(SimFault::once_each(FaultKind::LaunchCut(3)));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        for name in ["a", "b", "c"] {
            assert_eq!(lab.phase(name).name(), "ready", "the others of the level come up");
        }
        let Phase::Failed(failure) = lab.phase("d") else { panic!("{:?}", lab.phase("d")) };
        assert!(failure.reason.contains("3 of 4"), "{failure:?}");
        assert!(failure.stage == Stage::Launch && failure.unanswered.is_none());
        lab.assert_recorded();
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 4);
    });
}

#[test]
fn a_refused_launch_fails_with_the_clouds_words_and_is_asked_for_anew_by_resume() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once("a", FaultKind::Launch(CloudErrorKind::Rejected)));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let Phase::Failed(failure) = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert!(failure.reason.contains("not allowed"), "{failure:?}");
        assert_eq!(lab.cloud.launched(), []);
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
    });
}

#[test]
fn a_machine_that_dies_while_it_boots_is_lost_and_resume_replaces_it() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once("b", FaultKind::Dies(Duration::from_secs(5))));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert!(matches!(lab.phase("b"), Phase::Lost(_)), "{:?}", lab.phase("b"));
        assert_eq!(lab.phase("a").name(), "ready", "the others of its level come up");
        assert!(lab.executed_of(ProgramKind::Boot, "c").is_empty(), "the next level does not");
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 7);
    });
}

#[test]
fn a_machine_that_dies_under_its_boot_program_is_lost() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a"]], |_| {});
        // Up at 10 s, answering at 20 s; its program runs from about then on for one second.
        lab.cloud.fault(SimFault::once("a", FaultKind::Dies(Duration::from_millis(20_500))));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert!(matches!(lab.phase("a"), Phase::Lost(_)), "{:?}", lab.phase("a"));
        assert_eq!(lab.executed_of(ProgramKind::Boot, "a").len(), 1);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn a_machine_that_never_runs_fails_at_its_time_limit() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"]], |plan| {
            plan.levels[0].services[0].timeout = Duration::from_secs(90);
        });
        lab.cloud.fault(SimFault::once("a", FaultKind::NeverRuns));
        let began = tokio::time::Instant::now();
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(90) && took < Duration::from_secs(100), "{took:?}");
        let Phase::Failed(failure) = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert!(failure.stage == Stage::Reach && failure.reason.contains("after 90 s"), "{failure:?}");
        lab.assert_recorded();
    });
}

#[test]
fn a_host_that_does_not_answer_fails_at_its_time_limit_and_one_that_is_late_does_not() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"]], |plan| {
            for service in &mut plan.levels[0].services {
                service.timeout = Duration::from_secs(120);
            }
        });
        lab.cloud.fault(SimFault::once("a", FaultKind::Unreachable(Duration::from_secs(10_000))));
        lab.cloud.fault(SimFault::once("b", FaultKind::Unreachable(Duration::from_secs(60))));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let Phase::Failed(failure) = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert!(failure.stage == Stage::Reach && failure.reason.contains("after 120 s"), "{failure:?}");
        assert_eq!(lab.phase("b").name(), "ready");
    });
}

#[test]
fn looks_that_fail_for_a_while_are_repeated() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault { service: None, kind: FaultKind::Describe(CloudErrorKind::Transient), times: 7 });
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.assert_up();
    });
}

#[test]
fn a_machine_that_came_and_went_while_nobody_looked_is_asked_for_anew_by_one_resume() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a"]], |_| {});
        lab.cloud.fault(SimFault::once("a", FaultKind::Dies(Duration::from_secs(1))));
        // Cut when the launch is recorded and its answer is not.
        let (_keep, stop) = tokio::sync::watch::channel(hoist::engine::StopRequest::None);
        let cut = lab.try_go(stop, Some(2), |driver| driver.set_goal(crate::engine::lab::UP)).await;
        assert!(cut.is_err());
        assert!(matches!(lab.records.last().unwrap().event, hoist::engine::RunEvent::LaunchIntended { .. }));
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(lab.cloud.launched().len(), 1);
        assert_eq!(lab.cloud.alive(), []);
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 2);
        assert_eq!(lab.count("a", |change| matches!(change, ServiceEvent::Launched { .. })), 1);
    });
}

#[test]
fn what_a_repeated_launch_brings_for_a_service_that_is_no_longer_wanted_is_removed() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b", "c"]], |_| {});
        // Nobody answers, and nothing is launched.
        lab.cloud.fault(SimFault::once_each(FaultKind::Launch(CloudErrorKind::Transient)).times(200));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let new = crate::simulated::plan(lab.path(), &[&["a", "c"]]);
        let goal = hoist::engine::Goal::Reload {
            plan: Box::new(new),
            condemned: vec!["b".to_owned()],
            settled: Vec::new(),
            dependents: false,
        };
        let _ = lab.go(|driver| driver.set_goal(goal)).await;
        while lab.run.status() != hoist::engine::RunStatus::Up {
            lab.resume().await;
            lab.assert_recorded();
        }
        lab.assert_up();
        assert_eq!(lab.cloud.alive().len(), 2);
    });
}
