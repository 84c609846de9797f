//! Services whose checks fail for values that they were given and that are others now: nothing is replaced for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist::cloud::sim::{Execution, ProgramBehavior, SimConfig, SimFault};
use hoist::engine::{DriveResult, Forecast, IfItFails, Item, Phase, PlannedAction, deeds};
use hoist::plan::ProgramKind;
use hoist::plan::Text;
use hoist::provider::ExitOutcome;

use crate::engine::lab::{Lab, program_fails};
use crate::simulated::virtual_time;

/// What the services of a cloud know of `a`.
#[derive(Default)]
struct Knowledge {
    /// Where `a` was raised last.
    real: String,
    /// Whether `a` answers nobody until it is raised anew.
    is_down: bool,
    /// What each boot program was given last.
    given: BTreeMap<String, String>,
}

/// A run of these levels in which each service but `a` works as long as it was given the address that `a` has, which
/// its boot program hands on as `upstream`.
fn lab(levels: &[&[&str]], reads: &[(&str, &str)]) -> (Lab, Arc<Mutex<Knowledge>>) {
    let knowledge = Arc::new(Mutex::new(Knowledge::default()));
    let shared = knowledge.clone();
    let program = move |execution: &Execution<'_>| {
        let mut reaction = ProgramBehavior::success_after(Duration::from_secs(1));
        let mut knowledge = shared.lock().unwrap();
        let (service, last) = (execution.service, execution.command.argv.last().cloned().unwrap_or_default());
        match execution.program {
            Some(ProgramKind::Boot) => {
                if service == "a" {
                    (knowledge.real, knowledge.is_down) = (last.clone(), false);
                }
                knowledge.given.insert(service.to_owned(), last.clone());
                reaction.boot_output = BTreeMap::from([("upstream".to_owned(), last)]);
            }
            Some(ProgramKind::Ready)
                if service != "a" && (knowledge.is_down || knowledge.given[service] != knowledge.real) =>
            {
                reaction.outcome = ExitOutcome::Exit(1);
            }
            _ => {}
        }
        reaction
    };
    let config = SimConfig { programs: Some(Arc::new(program)), ..SimConfig::default() };
    let lab = Lab::new(config, levels, |plan| {
        for (reader, text) in reads {
            let mut services = plan.levels.iter_mut().flat_map(|level| &mut level.services);
            let service = services.find(|one| one.name == *reader).unwrap();
            service.programs.boot.as_mut().unwrap().args.push(Text::new(*text));
        }
    });
    (lab, knowledge)
}

/// Announces a repair, does it, and compares, but for what is named: of that its check decides.
async fn repair(lab: &mut Lab, dependents: bool, open: &[&str]) -> (DriveResult, BTreeMap<String, Item>) {
    let (before, from) = (lab.run.clone(), lab.records.len());
    let seen = lab.seen(&before.plan).await;
    let forecast = match dependents {
        true => Forecast::repair_with_dependents(&before, &seen),
        false => Forecast::repair(&before, &seen),
    };
    let items = forecast.unwrap().items;
    let halt = lab
        .go(|driver| match dependents {
            true => driver.repair_with_dependents(&seen),
            false => driver.repair(&seen),
        })
        .await;
    let done = deeds(&before, &lab.run, lab.records[from..].iter().map(|record| &record.event));
    for (item, (service, deed)) in items.iter().zip(done) {
        assert_eq!(item.service, service);
        assert!(item.deed == deed || open.contains(&service.as_str()), "{item:?} was announced, {deed:?} done");
    }
    (halt, items.into_iter().map(|item| (item.service.clone(), item)).collect())
}

fn why(item: &Item) -> &str {
    item.why.as_deref().unwrap_or_default()
}

/// Kills `a`, and repairs the run again and again: `services` keep their machines, and are mended by their boot
/// programs.
async fn keep_theirs(levels: &[&[&str]], reads: &[(&str, &str)], services: &[&str], is_down: bool) {
    let (mut lab, knowledge) = lab(levels, reads);
    assert_eq!(lab.boot().await, DriveResult::Up);
    let machines: Vec<_> = services.iter().map(|service| lab.instance_id(service)).collect();
    let is_same = |lab: &Lab| services.iter().map(|service| lab.instance_id(service)).eq(machines.iter().cloned());
    lab.cloud.kill("a");
    let then = knowledge.lock().unwrap().real.clone();
    knowledge.lock().unwrap().is_down = is_down;

    // What comes after one that stays as it is, is not come to.
    let (halt, items) = repair(&mut lab, false, &services[1..]).await;
    let what = format!("{levels:?}, down: {is_down}");
    assert_eq!((halt, is_same(&lab)), (DriveResult::Failed, true), "{what}: {items:?}");
    assert_eq!(items["a"].deed, PlannedAction::Replace);
    let reader = services[0];
    match items[reader].deed {
        PlannedAction::Check => assert_eq!(items[reader].if_it_fails, IfItFails::StaysIfStale, "{what}"),
        // Of its own level nothing is checked again.
        PlannedAction::Keep => {
            assert!(!is_down || why(&items[reader]).contains(&format!("{then}, and changes")), "{what}")
        }
        other => panic!("{what}: {other:?}"),
    }
    assert!(matches!(lab.phase("a"), Phase::Ready { .. }));

    let (halt, items) = repair(&mut lab, false, &[]).await;
    assert_eq!((halt, is_same(&lab)), (DriveResult::Failed, true), "{what}: {items:?}");
    let now = knowledge.lock().unwrap().real.clone();
    assert_eq!(items[reader].deed, PlannedAction::Keep);
    for part in ["its check fails", &format!("${{a.address}} was {then}, is {now}"), "repair test --with-dependents"] {
        assert!(why(&items[reader]).contains(part), "{what}: {part} in {:?}", items[reader]);
    }
    assert_eq!(lab.resume().await, DriveResult::Failed);
    assert!(is_same(&lab), "{what}");

    let (halt, items) = repair(&mut lab, true, &[]).await;
    assert_eq!((halt, is_same(&lab)), (DriveResult::Up, true), "{what}: {items:?}");
    assert_eq!(
        (items[reader].deed, items[reader].if_it_fails),
        (PlannedAction::Configure, IfItFails::Replaced),
        "{what}"
    );
    assert_eq!(lab.cloud.launched().len(), levels.iter().map(|level| level.len()).sum::<usize>() + 1, "{what}");
    lab.assert_up();
}

#[test]
fn what_fails_its_check_for_stale_values_is_replaced_by_no_repair() {
    virtual_time(async {
        for is_down in [false, true] {
            let reads = [("b", "${a.address}")];
            keep_theirs(&[&["a"], &["b"]], &reads, &["b"], is_down).await;
            // Its values are handed on by one that is stale itself.
            let reads = [("b", "${a.address}"), ("c", "${b.upstream}")];
            keep_theirs(&[&["a"], &["b"], &["c"]], &reads, &["b", "c"], is_down).await;
        }
    });
}

#[test]
fn what_reads_a_broken_service_of_its_own_level_waits_for_it() {
    virtual_time(async { keep_theirs(&[&["a", "b"]], &[("b", "${a.address}")], &["b"], true).await });
}

#[test]
fn all_is_mended_by_one_repair_with_dependents() {
    virtual_time(async {
        for is_down in [false, true] {
            let (mut lab, knowledge) = lab(&[&["a"], &["b"]], &[("b", "${a.address}")]);
            assert_eq!(lab.boot().await, DriveResult::Up);
            let machine = lab.instance_id("b");
            lab.cloud.kill("a");
            knowledge.lock().unwrap().is_down = is_down;
            let (halt, items) = repair(&mut lab, true, &[]).await;
            assert_eq!((halt, lab.instance_id("b")), (DriveResult::Up, machine), "down: {is_down}: {items:?}");
            let if_it_fails = if is_down { IfItFails::Replaced } else { IfItFails::Stays };
            assert_eq!((items["b"].deed, items["b"].if_it_fails), (PlannedAction::Configure, if_it_fails));
        }
    });
}

#[test]
fn what_fails_its_check_all_the_same_is_replaced_then() {
    virtual_time(async {
        let (mut lab, _) = lab(&[&["a"], &["b"]], &[("b", "${a.address}")]);
        assert_eq!(lab.boot().await, DriveResult::Up);
        let machine = lab.instance_id("b");
        lab.cloud.kill("a");
        assert_eq!(repair(&mut lab, false, &[]).await.0, DriveResult::Failed);
        let fails = program_fails(ProgramKind::Ready);
        // When it is looked at and after its boot program, each with its retry.
        lab.cloud.fault(SimFault::once("b", fails).times(4));
        let (halt, items) = repair(&mut lab, true, &["b"]).await;
        assert_eq!((items["b"].deed, items["b"].if_it_fails), (PlannedAction::Configure, IfItFails::Replaced));
        assert_eq!(halt, DriveResult::Up);
        assert_ne!(lab.instance_id("b"), machine);
        assert_eq!(lab.executed_of(ProgramKind::Boot, "b").len(), 3, "raised, configured again, raised anew");
        lab.assert_up();
    });
}

#[test]
fn what_worked_before_its_boot_program_ran_again_keeps_its_machine() {
    virtual_time(async {
        let (mut lab, _) = lab(&[&["a"], &["b"]], &[("b", "${a.address}")]);
        assert_eq!(lab.boot().await, DriveResult::Up);
        let machine = lab.instance_id("b");
        lab.cloud.kill("a");
        let fails = program_fails(ProgramKind::Ready);
        let seen = lab.seen(&lab.plan).await;
        lab.cloud.fault(SimFault::once("b", fails).times(2));
        assert_eq!(lab.go(|driver| driver.repair_with_dependents(&seen)).await, DriveResult::Failed);
        assert_eq!(lab.instance_id("b"), machine);
    });
}
