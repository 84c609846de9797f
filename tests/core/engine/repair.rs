//! Repair: what is broken is replaced, twice at most, and what comes after it is checked.

use std::time::Duration;

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, Phase, REPAIR_LIMIT, RunStatus, ServiceEvent};
use hoist::plan::ProgramKind;
use hoist::provider::{CloudErrorKind, ExitOutcome};

use hoist::plan::{RunOn, Text};

use crate::engine::lab::{Lab, program_fails};
use crate::simulated::virtual_time;

#[test]
fn a_lost_machine_is_replaced_and_every_service_is_checked() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let before = lab.instance_id("a");
        assert_eq!(lab.cloud.kill("a"), 1);
        let checks = lab.executed(ProgramKind::Ready).len();
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        assert_ne!(lab.instance_id("a"), before);
        assert_eq!(lab.cloud.launched().len(), 7, "one machine is new");
        assert_eq!(lab.executed_of(ProgramKind::Boot, "a").len(), 2);
        assert_eq!(lab.executed(ProgramKind::Boot).len(), 7, "the others are not booted again");
        assert_eq!(lab.executed(ProgramKind::Ready).len(), checks + 6, "all are checked");
    });
}

#[test]
fn what_comes_after_a_repaired_service_is_checked_after_it_is_ready() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("a");
        assert_eq!(lab.repair().await, DriveResult::Up);
        let ready = lab.executed_of(ProgramKind::Ready, "a").last().unwrap().ends;
        for name in ["c", "d", "e", "f"] {
            let checked = lab.executed_of(ProgramKind::Ready, name).last().unwrap().began;
            assert!(checked >= ready, "{name} was checked at {checked:?}, a was ready at {ready:?}");
        }
    });
}

#[test]
fn what_depends_on_a_repaired_service_and_no_longer_works_is_replaced_too() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("a");
        let fails = FaultKind::ProgramFails {
            program: ProgramKind::Ready,
            outcome: ExitOutcome::Exit(1),
            output: "cannot find a".to_owned(),
        };
        // The check and its retry.
        lab.cloud.fault(SimFault::once("e", fails).times(2));
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 8);
    });
}

#[test]
fn a_service_is_replaced_twice_at_most() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("d");
        let fails = program_fails(ProgramKind::Boot);
        lab.cloud.fault(SimFault::once("d", fails).times(100));
        assert_eq!(lab.repair().await, DriveResult::Failed);
        assert_eq!(lab.run.status(), RunStatus::Failed);
        assert!(matches!(lab.phase("d"), Phase::Failed(_)), "{:?}", lab.phase("d"));
        let replaced = lab.cloud.launched().iter().filter(|launched| launched.service == "d").count() - 1;
        assert_eq!(replaced, REPAIR_LIMIT as usize);
        lab.assert_recorded();
        // The next repair has its own two.
        assert_eq!(lab.repair().await, DriveResult::Failed);
        let replaced = lab.cloud.launched().iter().filter(|launched| launched.service == "d").count() - 1;
        assert_eq!(replaced, 2 * REPAIR_LIMIT as usize);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn several_broken_services_of_several_levels_are_replaced_in_one_repair() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        for name in ["a", "b", "d", "f"] {
            lab.cloud.kill(name);
        }
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 10);
    });
}

#[test]
fn a_service_on_this_host_is_raised_anew() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["here"], &["b"]], |_| {});
        assert_eq!(lab.boot().await, DriveResult::Up);
        let fails = program_fails(ProgramKind::Ready);
        lab.cloud.fault(SimFault::once("here", fails).times(2));
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.executed_of(ProgramKind::Boot, "here").len(), 2);
        assert_eq!(lab.executed_of(ProgramKind::Terminate, "here").len(), 1);
    });
}

#[test]
fn a_broken_machine_that_cannot_be_removed_is_not_replaced_and_the_next_repair_goes_on() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let fails = program_fails(ProgramKind::Ready);
        lab.cloud.fault(SimFault::once("a", fails).times(2));
        lab.cloud.fault(SimFault::once("a", FaultKind::Terminate(CloudErrorKind::Rejected)));
        assert_eq!(lab.repair().await, DriveResult::Failed);
        assert_eq!(lab.cloud.alive().len(), 6, "the old machine is still there, and no second one");
        lab.assert_recorded();
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 7);
    });
}

#[test]
fn a_machine_that_dies_during_the_repair_counts_as_one_more_repair() {
    virtual_time(async {
        let mut lab = Lab::simple();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("b");
        lab.cloud.fault(SimFault::once("b", FaultKind::Dies(Duration::from_secs(3))));
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 8);
        assert_eq!(lab.count("b", |change| matches!(change, ServiceEvent::Lost { .. })), 2);
    });
}

#[test]
fn a_guest_moves_with_its_host_to_the_new_machine() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a"], &["guest"]], |plan| {
            let guest = &mut plan.levels[1].services[0];
            guest.launch = None;
            guest.run_on = RunOn::Address;
            guest.address = Some(Text::from("${a.address}"));
        });
        assert_eq!(lab.boot().await, DriveResult::Up);
        let address = |lab: &Lab| lab.run.record(lab.run.position("guest").unwrap()).address.clone().unwrap();
        let before = address(&lab);
        lab.cloud.kill("a");
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        // What runs on a machine counts as its service's.
        assert_eq!(lab.executed(ProgramKind::Boot).len(), 4, "both boot programs ran on both machines");
        assert_ne!(address(&lab), before);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}
