//! Programs: tried again, given up, waited for, never run twice.

use std::time::Duration;

use hoist::cloud::sim::{FaultKind, ProgramBehavior, SimConfig, SimFault};
use hoist::engine::{DriveResult, Phase, RunStatus, ServiceEvent, Stage};
use hoist::plan::ProgramKind;
use hoist::provider::ExitOutcome;

use crate::engine::lab::Lab;
use crate::simulated::virtual_time;

fn fails(program: ProgramKind, code: i32) -> FaultKind {
    FaultKind::ProgramFails { program, outcome: ExitOutcome::Exit(code), output: "one\nout of luck\n".to_owned() }
}

#[test]
fn a_ready_program_is_tried_again_as_often_as_it_may_be() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"]], |plan| {
            plan.levels[0].services[0].programs.ready.as_mut().unwrap().retries = 3;
        });
        lab.cloud.fault(SimFault::once("a", fails(ProgramKind::Ready, 1)).times(3));
        assert_eq!(lab.boot().await, DriveResult::Up);
        let tries = lab.executed_of(ProgramKind::Ready, "a");
        let mut keys: Vec<&str> = tries.iter().map(|executed| executed.key.as_str()).collect();
        keys.dedup();
        assert_eq!(keys.len(), 4, "each try is an execution of its own: {keys:?}");
        assert_eq!(lab.count("a", |change| matches!(change, ServiceEvent::ProgramRetried { .. })), 3);
        assert_eq!(lab.executed_of(ProgramKind::Ready, "b").len(), 1);
    });
}

#[test]
fn a_ready_program_that_keeps_failing_fails_the_service_with_its_last_words() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once("b", fails(ProgramKind::Ready, 7)).times(100));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let Phase::Failed(failure) = lab.phase("b") else { panic!("{:?}", lab.phase("b")) };
        assert_eq!(failure.stage, Stage::Ready);
        let program = failure.program.as_ref().unwrap();
        assert_eq!(program.outcome, ExitOutcome::Exit(7));
        assert_eq!(program.tail, ["one", "out of luck"]);
        assert_eq!(lab.executed_of(ProgramKind::Ready, "b").len(), 2, "one try and one retry");
    });
}

#[test]
fn a_failure_lets_the_others_of_its_level_finish_and_stops_the_run() {
    virtual_time(async {
        let mut lab = Lab::simple();
        lab.cloud.fault(SimFault::once("c", fails(ProgramKind::Boot, 1)));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert_eq!(lab.run.status(), RunStatus::Failed);
        let phases = ["a", "b", "c", "d", "e", "f"].map(|name| lab.phase(name).name());
        assert_eq!(phases[..4], ["ready", "ready", "failed", "ready"]);
        for name in ["e", "f"] {
            assert!(lab.cloud.executed().iter().all(|executed| executed.service != name), "{name} was touched");
        }
        lab.assert_recorded();
        assert_eq!(lab.resume().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 6, "on the machines that it has");
        assert_eq!(lab.executed_of(ProgramKind::Boot, "c").len(), 2);
        assert_eq!(lab.executed_of(ProgramKind::Boot, "d").len(), 1);
    });
}

#[test]
fn an_optional_ready_program_that_fails_makes_the_service_degraded() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a"], &["b"]], |plan| {
            plan.levels[0].services[0].programs.ready.as_mut().unwrap().optional = true;
        });
        lab.cloud.fault(SimFault::once("a", fails(ProgramKind::Ready, 2)).times(100));
        assert_eq!(lab.boot().await, DriveResult::Up);
        let Phase::Ready { degraded: Some(reason) } = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert!(reason.contains("exit code 2"), "{reason}");
        assert_eq!(*lab.phase("b"), Phase::Ready { degraded: None });
    });
}

#[test]
fn a_program_that_hangs_is_stopped_at_its_time_limit() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"]], |_| {});
        lab.cloud.fault(SimFault::once("a", FaultKind::ProgramHangs(ProgramKind::Boot)));
        let began = tokio::time::Instant::now();
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert!(began.elapsed() < Duration::from_secs(90), "{:?}", began.elapsed());
        let Phase::Failed(failure) = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert_eq!(failure.program.as_ref().unwrap().outcome, ExitOutcome::TimedOut);
        assert!(failure.hint.as_ref().unwrap().contains("timeout"));
        assert_eq!(lab.phase("b").name(), "ready");
    });
}

#[test]
fn a_program_whose_answer_is_lost_is_asked_about_again_and_runs_once() {
    virtual_time(async {
        let mut lab = Lab::simple();
        for kind in [ProgramKind::Boot, ProgramKind::Ready, ProgramKind::Terminate] {
            lab.cloud.fault(SimFault::once_each(FaultKind::ProgramReplyLost(kind)).times(2));
        }
        assert_eq!(lab.boot().await, DriveResult::Up, "{:?}", lab.run.records());
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        for kind in [ProgramKind::Boot, ProgramKind::Ready, ProgramKind::Terminate] {
            assert_eq!(lab.executed(kind).len(), 6, "{kind}");
        }
        assert_eq!(lab.notes, [] as [&str; 0]);
    });
}

#[test]
fn a_host_that_answers_no_more_fails_the_service_in_the_end() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"]], |_| {});
        lab.cloud.fault(SimFault::once("a", FaultKind::ProgramReplyLost(ProgramKind::Boot)).times(1_000_000));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let Phase::Failed(failure) = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert!(failure.stage == Stage::Boot && failure.reason.contains("connection"), "{failure:?}");
        assert_eq!(lab.executed_of(ProgramKind::Boot, "a").len(), 1);
        assert_eq!(lab.phase("b").name(), "ready");
    });
}

#[test]
fn what_a_boot_program_wrote_reaches_the_next_level() {
    virtual_time(async {
        let config = SimConfig {
            programs: Some(std::sync::Arc::new(|execution| {
                let mut reaction = ProgramBehavior::success_after(Duration::from_secs(1));
                if execution.program == Some(ProgramKind::Boot) && execution.service == "a" {
                    reaction.boot_output.insert("word".to_owned(), "hello".to_owned());
                }
                // A program that is not told the word fails.
                if execution.service == "b" && !execution.command.argv.contains(&"hello".to_owned()) {
                    reaction.outcome = ExitOutcome::Exit(1);
                }
                reaction
            })),
            ..SimConfig::default()
        };
        let mut lab = Lab::new(config, &[&["a"], &["b"]], |plan| {
            let programs = &mut plan.levels[1].services[0].programs;
            for program in [&mut programs.boot, &mut programs.ready].into_iter().flatten() {
                program.args.push(hoist::plan::Text::new("${a.word}"));
            }
        });
        assert_eq!(lab.boot().await, DriveResult::Up, "{:?}", lab.phase("b"));
    });
}

#[test]
fn services_without_programs_and_without_machines_come_up_too() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "here"], &["here-too"], &["b"]], |plan| {
            for level in &mut plan.levels {
                for service in &mut level.services {
                    service.programs = hoist::plan::Programs::default();
                }
            }
        });
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.executed(), []);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn a_program_file_that_went_away_stops_the_run_and_is_no_fault_of_its_service() {
    virtual_time(async {
        let mut lab = Lab::simple();
        let missing = lab.path().join("gone.sh");
        lab.plan.levels[0].services[0].programs.boot.as_mut().unwrap().file.path = missing;
        assert_eq!(lab.boot().await, DriveResult::Blocked);
        let (service, failure) = &lab.blocked[0];
        assert!(service == "a" && failure.reason.contains("gone.sh"), "{failure:?}");
        assert_eq!((lab.phase("a").name(), lab.phase("b").name()), ("reachable", "ready"));
        let machine = lab.instance_id("a");
        // Not even a repair takes the machine for broken.
        assert_eq!(lab.repair().await, DriveResult::Blocked);
        assert_eq!(lab.instance_id("a"), machine);
        std::fs::write(lab.path().join("gone.sh"), "#!/bin/sh\n").unwrap();
        assert_eq!(lab.resume().await, DriveResult::Up);
        assert_eq!((lab.instance_id("a"), lab.cloud.launched().len()), (machine, 6));
    });
}
