//! Terminate programs: each runs once, where there is something to say goodbye to, and one that fails keeps its
//! machine.

use std::time::Duration;

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::engine::{DriveResult, JournalEntry, Phase, RunEvent, RunStatus, ServiceEvent};
use hoist::plan::ProgramKind;
use hoist::plan::{OnFailure, Plan};
use hoist::provider::ExitOutcome;

use crate::engine::lab::{Lab, program_fails};
use crate::simulated::{plan, virtual_time};

fn fails() -> FaultKind {
    FaultKind::ProgramFails { program: ProgramKind::Terminate, outcome: ExitOutcome::Exit(7), output: String::new() }
}

fn states(lab: &Lab) -> Vec<&str> {
    lab.run.records().iter().map(|record| record.phase.name()).collect()
}

fn farewells(lab: &Lab, service: &str) -> usize {
    lab.executed_of(ProgramKind::Terminate, service).len()
}

async fn up() -> Lab {
    let mut lab = Lab::simple();
    assert_eq!(lab.boot().await, DriveResult::Up);
    lab
}

#[test]
fn a_program_that_fails_runs_once_and_keeps_its_machine_and_the_levels_below() {
    virtual_time(async {
        for hangs in [false, true] {
            let mut lab = up().await;
            let kind = if hangs { FaultKind::ProgramHangs(ProgramKind::Terminate) } else { fails() };
            lab.cloud.fault(SimFault::once("c", kind));
            assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
            let kept = ["ready", "ready", "terminating", "terminated", "terminated", "terminated"];
            assert_eq!(states(&lab), kept, "hangs: {hangs}");
            assert_eq!(lab.run.status(), RunStatus::Terminating);
            lab.assert_recorded();
            assert_eq!(lab.cloud.alive().len(), 3);
            assert_eq!(["a", "c", "d", "e"].map(|name| farewells(&lab, name)), [0, 1, 1, 1]);
            let [(service, failure)] = lab.farewells.as_slice() else { panic!("{:?}", lab.farewells) };
            assert!(service == "c" && failure.reason.contains("stop.sh"), "{failure:?}");

            // Once a command: what failed runs again, what did not does not.
            lab.cloud.fault(SimFault::once("c", fails()));
            assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
            assert_eq!(["a", "c", "d"].map(|name| farewells(&lab, name)), [0, 2, 1]);
            assert_eq!(lab.terminate().await, DriveResult::Terminated);
            lab.assert_gone();
            assert_eq!(["a", "c", "d"].map(|name| farewells(&lab, name)), [1, 3, 1]);
        }
    });
}

#[test]
fn who_insists_and_a_plan_that_says_so_end_the_machine_all_the_same() {
    virtual_time(async {
        // Insisting at once, and after it was kept: then the program is not asked again.
        for before in [false, true] {
            let mut lab = up().await;
            lab.cloud.fault(SimFault::once("c", fails()).times(5));
            if before {
                assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
            }
            assert_eq!(lab.go(|driver| driver.end(true, &[])).await, DriveResult::Terminated);
            lab.assert_gone();
            assert_eq!(["a", "c"].map(|name| farewells(&lab, name)), [1, 1], "before: {before}");
        }
        let goes_on = |plan: &mut Plan| {
            let terminate = plan.levels[1].services[0].programs.terminate.as_mut().unwrap();
            terminate.on_failure = OnFailure::Continue;
        };
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"], &["c", "d"], &["e", "f"]], goes_on);
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.fault(SimFault::once("c", fails()));
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        assert_eq!(lab.farewells.len(), 1, "it is told of");
        lab.assert_gone();
    });
}

#[test]
fn a_program_that_cannot_start_keeps_its_machine() {
    virtual_time(async {
        let mut lab = up().await;
        std::fs::remove_file(lab.path().join("stop.sh")).unwrap();
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        assert_eq!(lab.cloud.alive().len(), 6, "all of the last level are kept, and so is everything below");
        assert_eq!(lab.executed(ProgramKind::Terminate), []);
        std::fs::write(lab.path().join("stop.sh"), "#!/bin/sh\n").unwrap();
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        assert_eq!(lab.executed(ProgramKind::Terminate).len(), 6);
        lab.assert_gone();
    });
}

#[test]
fn only_what_a_boot_program_began_is_said_goodbye_to() {
    virtual_time(async {
        let mut lab = Lab::simple();
        let boot = program_fails(ProgramKind::Boot);
        lab.cloud.fault(SimFault::once("a", boot));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        // The other levels have machines, and nothing ran there.
        assert_eq!(lab.cloud.alive().len(), 6);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        assert_eq!(["a", "b", "c", "d", "e", "f"].map(|name| farewells(&lab, name)), [1, 1, 0, 0, 0, 0]);
    });
}

#[test]
fn what_was_begun_before_a_retry_is_said_goodbye_to() {
    virtual_time(async {
        let mut lab = Lab::simple();
        let boot = program_fails(ProgramKind::Boot);
        lab.cloud.fault(SimFault::once("a", boot));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        // Back to where the boot program has yet to be run, as after a resume that was cut there.
        let last = lab.records.last().unwrap().clone();
        let event = RunEvent::Service { service: "a".to_owned(), change: ServiceEvent::Retried };
        lab.records.push(JournalEntry { sequence: last.sequence + 1, at: last.at, event });
        lab.resync();
        assert_eq!(*lab.phase("a"), Phase::Reachable);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        assert_eq!(farewells(&lab, "a"), 1);
    });
}

#[test]
fn a_machine_that_is_gone_needs_no_farewell() {
    virtual_time(async {
        let mut lab = up().await;
        lab.cloud.kill("e");
        let gone = lab.seen(&lab.plan.clone()).await.into_iter().map(|seen| seen.instance).collect::<Vec<_>>();
        assert_eq!(lab.go(|driver| driver.end(false, &gone)).await, DriveResult::Terminated);
        assert_eq!((farewells(&lab, "e"), farewells(&lab, "f")), (0, 1));
        lab.assert_gone();
        // Also where its program had failed before.
        let mut lab = up().await;
        lab.cloud.fault(SimFault::once("e", fails()));
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        lab.cloud.kill("e");
        let gone = lab.seen(&lab.plan.clone()).await.into_iter().map(|seen| seen.instance).collect::<Vec<_>>();
        assert_eq!(lab.go(|driver| driver.end(false, &gone)).await, DriveResult::Terminated);
        assert_eq!(farewells(&lab, "e"), 1);
        lab.assert_gone();
    });
}

#[test]
fn who_replaces_tells_of_a_program_that_fails_and_replaces_all_the_same() {
    virtual_time(async {
        let mut lab = up().await;
        lab.cloud.fault(SimFault::once("c", fails()).times(2));
        let ready = program_fails(ProgramKind::Ready);
        lab.cloud.fault(SimFault::once("c", ready).times(2));
        assert_eq!(lab.repair().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.farewells.iter().map(|(service, _)| service.as_str()).collect::<Vec<_>>(), ["c"]);
        let new = plan(lab.path(), &[&["a", "b"], &["d"], &["e", "f"]]);
        assert_eq!(lab.go(|driver| driver.reload(new.clone(), &[])).await, DriveResult::Up);
        assert_eq!(lab.farewells.iter().filter(|(service, _)| service == "c").count(), 1);
        assert!(lab.run.position("c").is_none());
    });
}

#[test]
fn arguments_that_read_what_was_torn_down_are_still_given() {
    virtual_time(async {
        let reads = |plan: &mut Plan| {
            let program = plan.levels[0].services[0].programs.terminate.as_mut().unwrap();
            program.args = vec![hoist::plan::Text::new("${b.address}"), hoist::plan::Text::new("${c.address}")];
        };
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"], &["c"]], reads);
        lab.max_concurrency = 1;
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.fault(SimFault::once("a", fails()));
        assert_eq!(lab.terminate().await, DriveResult::LeftoversRemain);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(lab.terminate().await, DriveResult::Terminated, "{:?}", lab.farewells);
        assert_eq!(farewells(&lab, "a"), 2);
    });
}
