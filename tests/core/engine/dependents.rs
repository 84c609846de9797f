//! What becomes of services whose boot programs were given values that are others now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist::cloud::sim::{Execution, ProgramBehavior, SimConfig, SimFault};
use hoist::engine::{DriveResult, Goal, JournalEntry, Phase, ServiceEvent, Stale, stale};
use hoist::plan::ProgramKind;
use hoist::plan::{Plan, Text};
use hoist::provider::ExitOutcome;

use crate::engine::lab::{Lab, program_fails};
use crate::simulated::virtual_time;

/// The last argument of each boot program, with its service, in the order in which they ran.
type Given = Arc<Mutex<Vec<(String, String)>>>;

/// A cloud on which each boot program writes its last argument as `upstream`.
fn telling() -> (SimConfig, Given) {
    let given = Given::default();
    let told = given.clone();
    let program = move |execution: &Execution<'_>| {
        let mut reaction = ProgramBehavior::success_after(Duration::from_secs(1));
        if execution.program == Some(ProgramKind::Boot) {
            let last = execution.command.argv.last().cloned().unwrap_or_default();
            told.lock().unwrap().push((execution.service.to_owned(), last.clone()));
            reaction.boot_output = BTreeMap::from([("upstream".to_owned(), last)]);
        }
        reaction
    };
    (SimConfig { programs: Some(Arc::new(program)), ..SimConfig::default() }, given)
}

/// Gives the boot program of a service one argument more.
fn reads(plan: &mut Plan, service: &str, text: &str) {
    let services = plan.levels.iter_mut().flat_map(|level| &mut level.services);
    let mut found = services.filter(|one| one.name == service);
    found.next().unwrap().programs.boot.as_mut().unwrap().args.push(Text::new(text));
}

/// `b` is given the address of `a`; `c` what `b` wrote; `d` nothing that changes.
fn chain() -> (Lab, Given) {
    let (config, given) = telling();
    let lab = Lab::new(config, &[&["a"], &["b"], &["c", "d"]], |plan| {
        reads(plan, "b", "at ${a.address}");
        reads(plan, "c", "${b.upstream}");
        reads(plan, "d", "${b.name}");
    });
    (lab, given)
}

fn given_to(given: &Given, service: &str) -> Vec<String> {
    given.lock().unwrap().iter().filter(|(of, _)| of == service).map(|(_, argument)| argument.clone()).collect()
}

fn address(lab: &Lab, service: &str) -> String {
    lab.run.record(lab.run.position(service).unwrap()).address.clone().unwrap()
}

fn stale_of(lab: &Lab, service: &str) -> Vec<Stale> {
    stale(&lab.run, lab.run.position(service).unwrap())
}

async fn repair_with_dependents(lab: &mut Lab) -> DriveResult {
    let plan = lab.run.plan.as_ref().clone();
    let seen = lab.seen(&plan).await;
    lab.go(|driver| driver.repair_with_dependents(&seen)).await
}

#[test]
fn a_repair_leaves_dependents_alone_and_tells_of_each_value_then_and_now() {
    virtual_time(async {
        let (mut lab, given) = chain();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let then = address(&lab, "a");
        assert_eq!(stale_of(&lab, "b"), []);
        lab.cloud.kill("a");
        assert_eq!(lab.repair().await, DriveResult::Up);
        let now = address(&lab, "a");
        assert_ne!(then, now);
        let changed = Stale { reference: "${a.address}".to_owned(), then: then.clone(), now: Some(now) };
        assert_eq!(stale_of(&lab, "b"), [changed]);
        for same in ["a", "c", "d"] {
            assert_eq!(stale_of(&lab, same), [], "{same}");
        }
        assert_eq!(given_to(&given, "b"), [format!("at {then}")]);
        lab.assert_up();
    });
}

#[test]
fn a_chain_is_configured_again_in_order_once_each_on_the_machines_that_it_has() {
    virtual_time(async {
        let (mut lab, given) = chain();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let machines = ["b", "c", "d"].map(|service| lab.instance_id(service));
        let (then, ready) = (address(&lab, "a"), lab.executed(ProgramKind::Ready).len());
        lab.cloud.kill("a");
        assert_eq!(repair_with_dependents(&mut lab).await, DriveResult::Up);
        let now = address(&lab, "a");
        assert_eq!(["b", "c", "d"].map(|service| lab.instance_id(service)), machines);
        for follows in ["b", "c"] {
            assert_eq!(given_to(&given, follows), [format!("at {then}"), format!("at {now}")], "{follows}");
            assert_eq!(stale_of(&lab, follows), [], "{follows}");
        }
        assert_eq!(given_to(&given, "d"), ["b"]);
        let last = |kind, service| lab.executed_of(kind, service).pop().unwrap();
        assert!(last(ProgramKind::Boot, "b").began >= last(ProgramKind::Ready, "a").ends);
        assert!(last(ProgramKind::Boot, "c").began >= last(ProgramKind::Ready, "b").ends);
        assert!(last(ProgramKind::Ready, "c").began >= last(ProgramKind::Boot, "c").ends);
        assert_eq!(
            lab.executed(ProgramKind::Ready).len(),
            ready + 7,
            "those that live are looked at, then each is checked, once"
        );
        lab.assert_up();

        let boots = given.lock().unwrap().len();
        assert_eq!(repair_with_dependents(&mut lab).await, DriveResult::Up);
        assert_eq!(given.lock().unwrap().len(), boots, "nothing is left to do");
    });
}

#[test]
fn a_service_whose_upstream_wrote_the_same_as_before_is_left_alone() {
    virtual_time(async {
        let (config, given) = telling();
        let mut lab = Lab::new(config, &[&["a"], &["b"], &["c"]], |plan| {
            reads(plan, "b", "${a.address}");
            reads(plan, "b", "constant");
            reads(plan, "c", "${b.upstream}");
        });
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("a");
        assert_eq!(repair_with_dependents(&mut lab).await, DriveResult::Up);
        assert_eq!((given_to(&given, "b").len(), given_to(&given, "c").len()), (2, 1));
    });
}

#[test]
fn replicas_that_read_each_other_are_all_configured_again_once() {
    virtual_time(async {
        let (config, given) = telling();
        let names = ["r-0", "r-1", "r-2"];
        let mut lab = Lab::new(config, &[&names], |plan| {
            for name in names {
                reads(plan, name, "${r-0.address},${r-1.address},${r-2.address}");
            }
        });
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("r-0");
        assert_eq!(lab.repair().await, DriveResult::Up);
        assert_eq!(names.map(|name| stale_of(&lab, name).len()), [0, 1, 1]);
        lab.cloud.kill("r-1");
        assert_eq!(repair_with_dependents(&mut lab).await, DriveResult::Up);
        let all = names.map(|name| address(&lab, name)).join(",");
        // The first machine and the second one, and once more.
        let times = [3, 2, 2];
        for (name, times) in names.into_iter().zip(times) {
            let given = given_to(&given, name);
            assert_eq!((given.len(), given.last()), (times, Some(&all)), "{name}");
            assert_eq!(stale_of(&lab, name), [], "{name}");
        }
        lab.assert_up();
    });
}

#[test]
fn values_by_way_of_attributes_variables_and_templates_count() {
    virtual_time(async {
        let (config, _) = telling();
        let mut lab = Lab::new(config, &[&["a"], &["b", "c", "d", "e"]], |plan| {
            plan.variables.insert("far".to_owned(), "tcp://${a.private_address}".to_owned());
            let service = |plan: &mut Plan, name: &str, text: &str| {
                let services = plan.levels.iter_mut().flat_map(|level| &mut level.services);
                let service = services.into_iter().find(|one| one.name == name).unwrap();
                service.attributes = BTreeMap::from([("url".to_owned(), Text::new(text))]);
            };
            service(plan, "b", "http://${a.address}");
            reads(plan, "b", "${.url}");
            reads(plan, "c", "${global.far}");
            // Its template reads `url`, that of `e` does not.
            for (name, names) in [("d", vec!["url".to_owned()]), ("e", Vec::new())] {
                service(plan, name, "${a.instance_id}");
                let services = plan.levels.iter_mut().flat_map(|level| &mut level.services);
                let boot = services.into_iter().find(|one| one.name == name).unwrap().programs.boot.as_mut().unwrap();
                boot.config = Some(boot.file.clone());
                boot.config_reads = Some(names);
            }
        });
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("a");
        assert_eq!(lab.repair().await, DriveResult::Up);
        let references = |service| stale_of(&lab, service).into_iter().map(|stale| stale.reference).collect::<Vec<_>>();
        assert_eq!(references("b"), ["${a.address}"]);
        assert_eq!(references("c"), ["${a.private_address}"]);
        assert_eq!(references("d"), ["${a.instance_id}"]);
        assert_eq!(references("e"), Vec::<String>::new());
    });
}

#[test]
fn a_boot_program_that_fails_the_second_time_costs_no_machine() {
    virtual_time(async {
        let (mut lab, _) = chain();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let machine = lab.instance_id("b");
        lab.cloud.kill("a");
        let fails = program_fails(ProgramKind::Boot);
        lab.cloud.fault(SimFault::once("b", fails));
        assert_eq!(repair_with_dependents(&mut lab).await, DriveResult::Failed);
        assert!(matches!(lab.phase("b"), Phase::Failed(_)), "{:?}", lab.phase("b"));
        assert_eq!(lab.instance_id("b"), machine);
        assert_eq!(lab.cloud.launched().len(), 5, "one machine is new");
        assert_eq!(lab.resume().await, DriveResult::Up);
        assert_eq!(lab.instance_id("b"), machine);
        lab.assert_up();
    });
}

#[test]
fn a_check_that_fails_for_want_of_new_values_costs_no_machine() {
    virtual_time(async {
        // The check of `b` succeeds when it was last told the address that `a` has.
        let real = Arc::new(Mutex::new(String::new()));
        let (config, given) = telling();
        let (boot, told, now) = (config.programs.clone().unwrap(), given.clone(), real.clone());
        let program = move |execution: &Execution<'_>| {
            let mut reaction = boot(execution);
            let real = now.lock().unwrap().clone();
            let is_check = execution.program == Some(ProgramKind::Ready) && execution.service == "b";
            if is_check && !real.is_empty() && given_to(&told, "b").last() != Some(&real) {
                reaction.outcome = ExitOutcome::Exit(1);
            }
            reaction
        };
        let config = SimConfig { programs: Some(Arc::new(program)), ..config };
        let mut lab = Lab::new(config, &[&["a"], &["b"]], |plan| reads(plan, "b", "${a.address}"));
        assert_eq!(lab.boot().await, DriveResult::Up);
        let machine = lab.instance_id("b");
        lab.cloud.restart("a");
        let seen = lab.surveyed().await;
        *real.lock().unwrap() = lab.cloud.alive()[0].instance.address.clone().unwrap();
        assert_eq!(lab.go(|driver| driver.repair_with_dependents(&seen)).await, DriveResult::Up);
        assert_eq!(lab.instance_id("b"), machine);
        lab.assert_up();
    });
}

#[test]
fn a_machine_that_was_stopped_and_started_keeps_its_service() {
    virtual_time(async {
        let (mut lab, given) = chain();
        assert_eq!(lab.boot().await, DriveResult::Up);
        let then = address(&lab, "a");
        assert_eq!(lab.cloud.restart("a"), 1);
        let seen = lab.survey().await;
        assert_eq!(lab.go(|driver| driver.resume_with(&seen)).await, DriveResult::Up);
        let now = address(&lab, "a");
        assert_ne!(then, now);
        assert_eq!(lab.cloud.launched().len(), 4, "nothing was launched");
        assert_eq!(stale_of(&lab, "b")[0].now.as_ref(), Some(&now));
        // Its own boot program was told its address, too.
        assert_eq!(stale_of(&lab, "a")[0].reference, "${a.address}");
        assert_eq!(given.lock().unwrap().len(), 4, "no boot program runs for it unasked");

        let seen = lab.survey().await;
        let records = lab.records.len();
        assert_eq!(lab.go(|driver| driver.resume_with(&seen)).await, DriveResult::Up);
        assert_eq!(lab.records.len(), records, "the second time there is nothing to record");

        assert_eq!(repair_with_dependents(&mut lab).await, DriveResult::Up);
        assert_eq!(given_to(&given, "b"), [format!("at {then}"), format!("at {now}")]);
        assert_eq!(given_to(&given, "c").len(), 2);
        assert_eq!(lab.cloud.launched().len(), 4);
        lab.assert_up();
    });
}

#[test]
fn a_repair_takes_the_new_address_up_and_replaces_nothing() {
    virtual_time(async {
        let (mut lab, _) = chain();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.restart("b");
        let seen = lab.surveyed().await;
        assert_eq!(lab.go(|driver| driver.repair(&seen)).await, DriveResult::Up);
        let shown = lab.cloud.alive().into_iter().find(|launched| launched.service == "b").unwrap();
        assert_eq!(Some(address(&lab, "b")), shown.instance.address);
        assert_eq!(lab.count("b", |change| matches!(change, ServiceEvent::Addressed { .. })), 2);
        assert_eq!(lab.cloud.launched().len(), 4);
    });
}

#[test]
fn a_missing_output_is_the_fault_of_its_writer() {
    virtual_time(async {
        let mut lab = Lab::new(SimConfig::default(), &[&["a"], &["b"]], |plan| reads(plan, "b", "${a.url}"));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        let Phase::Failed(failure) = lab.phase("a") else { panic!("{:?}", lab.phase("a")) };
        assert!(
            failure.reason.contains("wrote no \"url\" to bootout.json, which service b reads"),
            "{}",
            failure.reason
        );
        assert_eq!(lab.executed(ProgramKind::Boot).len(), 1, "the reader's boot program was not started");
        let machine = lab.instance_id("b");
        // What is mended is the writer, on its machine.
        lab.resume().await;
        assert_eq!(lab.executed_of(ProgramKind::Boot, "a").len(), 2);
        assert_eq!((lab.instance_id("b"), lab.cloud.launched().len()), (machine, 2));
    });
}

#[test]
fn journals_of_earlier_versions_tell_of_stale_values_too() {
    virtual_time(async {
        let (mut lab, _) = chain();
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("a");
        assert_eq!(lab.repair().await, DriveResult::Up);
        let text = serde_json::to_string(&lab.records).unwrap();
        assert!(!text.contains("dependents"), "goals that do not ask for it are written as ever");
        lab.records = serde_json::from_str::<Vec<JournalEntry>>(&text).unwrap();
        assert_eq!(lab.resume().await, DriveResult::Up);
        assert_eq!(stale_of(&lab, "b").len(), 1);
        assert!(matches!(lab.run.goal, Some(Goal::Up { dependents: false, .. })));
    });
}
