//! Reload: what is removed goes, what changed is raised anew, what is new is added, and the rest is checked.

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, Goal, RunEvent, ServiceEvent};
use hoist::plan::Plan;
use hoist::plan::ProgramKind;
use hoist::provider::CloudErrorKind;

use crate::engine::lab::Lab;
use crate::simulated::{plan, virtual_time};

fn reload(plan: &Plan, condemned: &[&str]) -> Goal {
    let condemned = condemned.iter().map(|&name| name.to_owned()).collect();
    Goal::Reload { plan: Box::new(plan.clone()), condemned, settled: Vec::new(), dependents: false }
}

#[test]
fn services_are_added_removed_and_raised_anew_and_the_rest_stays() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let kept = ["a", "b", "d"].map(|name| lab.instance_id(name).unwrap());
        let changed = lab.instance_id("e").unwrap();
        let new = plan(lab.path(), &[&["a", "b"], &["d", "g", "h"], &["e"]]);
        assert_eq!(lab.go(|driver| driver.set_goal(reload(&new, &["c", "e", "f"]))).await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(["a", "b", "d"].map(|name| lab.instance_id(name).unwrap()), kept, "what stays keeps its machine");
        assert_ne!(lab.instance_id("e").unwrap(), changed);
        assert!(lab.run.position("c").is_none() && lab.run.position("f").is_none());
        for name in ["a", "b", "d"] {
            assert_eq!(lab.executed_of(ProgramKind::Boot, name).len(), 1, "{name} is not booted again");
            assert_eq!(lab.executed_of(ProgramKind::Ready, name).len(), 2, "{name} is checked again");
        }
        for name in ["c", "e", "f"] {
            assert_eq!(lab.executed_of(ProgramKind::Terminate, name).len(), 1, "{name} is told");
        }
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn the_new_plan_is_in_force_only_when_what_it_condemns_is_gone() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let new = plan(lab.path(), &[&["a", "b"], &["c"]]);
        assert_eq!(lab.go(|driver| driver.set_goal(reload(&new, &["d", "e", "f"]))).await, DriveResult::Up);
        let replaced = lab.records.iter().position(|record| record.event == RunEvent::PlanReplaced).unwrap();
        for name in ["d", "e", "f"] {
            assert!(lab.first(name, |change| *change == ServiceEvent::Terminated).unwrap() < replaced);
        }
        let began = |name| lab.first(name, |change| matches!(change, ServiceEvent::TerminateStarted { .. })).unwrap();
        let ended = |name| lab.first(name, |change| *change == ServiceEvent::Terminated).unwrap();
        assert!(ended("e").max(ended("f")) < began("d"), "the highest level goes first");
    });
}

#[test]
fn a_condemned_machine_that_cannot_be_removed_keeps_the_old_plan_in_force() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.fault(SimFault::once("d", FaultKind::Terminate(CloudErrorKind::Rejected)));
        let new = plan(lab.path(), &[&["a", "b"], &["c"], &["e", "f"]]);
        let goal = reload(&new, &["d"]);
        assert_eq!(lab.go(|driver| driver.set_goal(goal)).await, DriveResult::LeftoversRemain);
        assert!(lab.run.position("d").is_some());
        lab.assert_recorded();
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
        assert!(lab.run.position("d").is_none());
    });
}

#[test]
fn a_service_that_was_removed_and_comes_back_gets_a_machine_of_its_own() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a"], &["b"]], |_| {});
        // Each machine with its level, so that the same services are launched by the same calls.
        assert_eq!(
            lab.go(|driver| driver.set_goal(Goal::Up { repairs: 0, by_level: true, dependents: false })).await,
            DriveResult::Up
        );
        let first = lab.instance_id("b").unwrap();
        let (both, one) = (plan(lab.path(), &[&["a"], &["b"]]), plan(lab.path(), &[&["a"]]));
        assert_eq!(lab.go(|driver| driver.set_goal(reload(&one, &["b"]))).await, DriveResult::Up);
        assert_eq!(lab.cloud.alive().len(), 1);
        assert_eq!(lab.go(|driver| driver.set_goal(reload(&both, &[]))).await, DriveResult::Up);
        lab.assert_up();
        assert_ne!(lab.instance_id("b").unwrap(), first);
        assert_eq!(lab.count("b", |change| matches!(change, ServiceEvent::Failed { .. })), 0, "at the first try");
    });
}

#[test]
fn reload_that_was_interrupted_may_be_given_another_plan() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.fault(SimFault::once("f", FaultKind::Terminate(CloudErrorKind::Rejected)));
        let other = plan(lab.path(), &[&["a", "b"], &["c"], &["e"]]);
        assert_eq!(lab.go(|driver| driver.set_goal(reload(&other, &["d", "f"]))).await, DriveResult::LeftoversRemain);
        // Back to the plan it was: what was torn down already is raised anew.
        let old = lab.plan.clone();
        assert_eq!(lab.go(|driver| driver.set_goal(reload(&old, &[]))).await, DriveResult::Failed);
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
    });
}
