//! What a command announces is what it does: for every kind of change, the announcement is compared with the journal.

use std::time::Duration;

use hoist::cloud::sim::{SimConfig, SimFault};
use hoist::engine::{DriveResult, Forecast, ObservedInstance, PlannedAction, deeds};
use hoist::plan::ProgramKind;
use hoist::plan::{CloudConfig, Lease, Level, Plan, Program, RunOn, SecretSource, Service, SourceFile, Text};

use crate::engine::lab::{Lab, program_fails};
use crate::simulated::{plan, virtual_time};

pub(crate) const LEVELS: [&[&str]; 3] = [&["a", "b"], &["c", "d"], &["e", "f"]];

pub(crate) type Deeds = Vec<(String, PlannedAction)>;

pub(crate) fn announced(forecast: &Forecast) -> Deeds {
    forecast.items.iter().map(|item| (item.service.clone(), item.deed)).collect()
}

/// What the journal says was done since its line `from`.
pub(crate) fn done(lab: &Lab, before: &hoist::engine::Run, from: usize) -> Deeds {
    deeds(before, &lab.run, lab.records[from..].iter().map(|record| &record.event))
}

/// Only what is not simply kept.
pub(crate) fn touched(deeds: &Deeds) -> Vec<(&str, PlannedAction)> {
    deeds.iter().filter(|(_, deed)| *deed != PlannedAction::Keep).map(|(name, deed)| (name.as_str(), *deed)).collect()
}

/// Announces a reload with this plan, does it, and compares.
pub(crate) async fn reload(what: &str, lab: &mut Lab, plan: Plan) -> Forecast {
    let (before, from) = (lab.run.clone(), lab.records.len());
    let seen = lab.seen(&plan).await;
    let forecast = Forecast::reload(&before, &plan, &seen).unwrap();
    let halt = lab.go(|driver| driver.reload(plan, &seen)).await;
    assert_eq!(halt, DriveResult::Up, "{what}: {:?}", lab.blocked);
    assert_eq!(announced(&forecast), done(lab, &before, from), "{what}");
    lab.assert_up();
    forecast
}

pub(crate) async fn repair(what: &str, lab: &mut Lab) -> Forecast {
    let (before, from) = (lab.run.clone(), lab.records.len());
    let seen = lab.seen(&before.plan).await;
    let forecast = Forecast::repair(&before, &seen).unwrap();
    assert_eq!(lab.go(|driver| driver.repair(&seen)).await, DriveResult::Up, "{what}");
    assert_eq!(announced(&forecast), done(lab, &before, from), "{what}");
    lab.assert_up();
    forecast
}

pub(crate) async fn instances_of(lab: &Lab) -> Vec<ObservedInstance> {
    lab.seen(&lab.plan).await.into_iter().map(|seen| seen.instance).collect()
}

pub(crate) async fn up() -> Lab {
    let mut lab = Lab::simple();
    assert_eq!(lab.boot().await, DriveResult::Up);
    lab
}

pub(crate) fn service<'a>(plan: &'a mut Plan, name: &str) -> &'a mut Service {
    plan.levels.iter_mut().flat_map(|level| &mut level.services).find(|service| service.name == name).unwrap()
}

pub(crate) fn program<'a>(plan: &'a mut Plan, name: &str, kind: ProgramKind) -> &'a mut Program {
    let programs = &mut service(plan, name).programs;
    match kind {
        ProgramKind::Boot => programs.boot.as_mut(),
        ProgramKind::Ready => programs.ready.as_mut(),
        ProgramKind::Terminate => programs.terminate.as_mut(),
    }
    .unwrap()
}

fn add(plan: &mut Plan, level: usize, name: &str) {
    let mut new = plan.levels[level].services[0].clone();
    new.name = name.to_owned();
    plan.levels[level].services.push(new);
}

fn remove(plan: &mut Plan, name: &str) {
    plan.levels.iter_mut().for_each(|level| level.services.retain(|service| service.name != name));
}

use PlannedAction::{Add, Check, Remove, Replace};

/// What a plan changes; what is touched by that; and of whom it says what is different.
type Change =
    (&'static str, fn(&mut Plan), &'static [(&'static str, PlannedAction)], &'static [(&'static str, &'static str)]);

const CHANGES: [Change; 24] = [
    ("nothing", |_| {}, &[], &[]),
    (
        "the boot program",
        |plan| program(plan, "f", ProgramKind::Boot).file.digest = "new".into(),
        &[("f", Replace)],
        &[("f", "boot")],
    ),
    (
        "its arguments",
        |plan| program(plan, "f", ProgramKind::Boot).args.push("x".into()),
        &[("f", Replace)],
        &[("f", "boot.args")],
    ),
    (
        "its config",
        |plan| {
            let path = program(plan, "f", ProgramKind::Boot).file.path.with_file_name("config.json");
            std::fs::write(&path, "{}").unwrap();
            program(plan, "f", ProgramKind::Boot).config = Some(SourceFile { path, digest: "one".into() });
        },
        &[("f", Replace)],
        &[("f", "boot.config")],
    ),
    (
        "the ready program",
        |plan| program(plan, "e", ProgramKind::Ready).file.digest = "new".into(),
        &[],
        &[("e", "ready")],
    ),
    (
        "its arguments and retries",
        |plan| {
            let ready = program(plan, "e", ProgramKind::Ready);
            ready.args.clear();
            ready.retries = 3;
        },
        &[],
        &[("e", "ready.retries"), ("e", "ready.args")],
    ),
    (
        "the terminate program",
        |plan| program(plan, "e", ProgramKind::Terminate).timeout = Duration::from_secs(5),
        &[],
        &[("e", "terminate.timeout")],
    ),
    (
        "no terminate program",
        |plan| service(plan, "e").programs.terminate = None,
        &[],
        &[
            ("e", "terminate"),
            ("e", "terminate.args"),
            ("e", "terminate.timeout"),
            ("e", "terminate.retries"),
            ("e", "terminate.on_failure"),
        ],
    ),
    (
        "attributes",
        |plan| {
            service(plan, "f").attributes.insert("motto".into(), Text::new("bye"));
        },
        &[("f", Replace)],
        &[("f", "attribute motto")],
    ),
    (
        "a secret",
        |plan| {
            let path = program(plan, "f", ProgramKind::Boot).file.path.with_file_name("secret");
            std::fs::write(&path, "correct horse").unwrap();
            service(plan, "f").secrets.insert("pin".into(), SecretSource::File(path));
        },
        &[("f", Replace)],
        &[("f", "secret pin")],
    ),
    (
        "the machine",
        |plan| service(plan, "f").launch.as_mut().unwrap().image = Some(Text::new("new")),
        &[("f", Replace)],
        &[("f", "image")],
    ),
    (
        "the key of the machine",
        |plan| service(plan, "f").launch.as_mut().unwrap().key_name = Some(Text::new("me")),
        &[("f", Replace)],
        &[("f", "key_name")],
    ),
    (
        "a tag",
        |plan| {
            service(plan, "f").launch.as_mut().unwrap().tags.insert("team".into(), Text::new("x"));
        },
        &[("f", Replace)],
        &[("f", "tag team")],
    ),
    (
        "the lease",
        |plan| plan.lease = Some(Lease::For(Duration::from_secs(36_000))),
        &[],
        &[("a", "lease"), ("b", "lease"), ("c", "lease"), ("d", "lease"), ("e", "lease"), ("f", "lease")],
    ),
    ("the SSH user", |plan| service(plan, "e").ssh.user = Some("me".into()), &[], &[("e", "ssh.user")]),
    (
        "the cloud",
        |plan| {
            plan.clouds.insert(
                "other".into(),
                CloudConfig { provider: "sim".into(), region: Some("x".into()), ..CloudConfig::default() },
            );
            service(plan, "f").cloud = "other".into();
        },
        &[("f", Replace)],
        &[("f", "cloud"), ("f", "cloud is")],
    ),
    (
        "where it runs",
        |plan| {
            let it = service(plan, "f");
            it.launch = None;
            it.run_on = RunOn::ThisHost;
        },
        &[("f", Replace)],
        &[("f", "run_on")],
    ),
    (
        "one that others read",
        |plan| program(plan, "c", ProgramKind::Boot).file.digest = "new".into(),
        &[("c", Replace), ("e", Check), ("f", Check)],
        &[("c", "boot")],
    ),
    ("one more at the end", |plan| add(plan, 2, "g"), &[("g", Add)], &[]),
    (
        "one more at the beginning",
        |plan| add(plan, 0, "g"),
        &[("g", Add), ("c", Check), ("d", Check), ("e", Check), ("f", Check)],
        &[],
    ),
    ("one less", |plan| remove(plan, "d"), &[("d", Remove)], &[]),
    ("a level less", |plan| plan.levels.truncate(2), &[("e", Remove), ("f", Remove)], &[]),
    (
        "a level more",
        |plan| {
            let level = Level { number: 4, name: "more".into(), services: Vec::new() };
            plan.levels.push(level);
            let mut new = plan.levels[2].services[0].clone();
            new.name = "g".into();
            plan.levels[3].services.push(new);
        },
        &[("g", Add)],
        &[],
    ),
    (
        "another level",
        |plan| {
            let moved = service(plan, "f").clone();
            remove(plan, "f");
            plan.levels[1].services.push(moved);
        },
        &[],
        &[("f", "level")],
    ),
];

#[test]
fn a_reload_does_what_it_announces_for_every_kind_of_change() {
    for (what, change, expected, different) in CHANGES {
        virtual_time(async {
            let mut lab = up().await;
            let mut new = plan(lab.path(), &LEVELS);
            change(&mut new);
            let forecast = reload(what, &mut lab, new).await;
            assert_eq!(touched(&announced(&forecast)), expected, "{what}");
            let told: Vec<(&str, &str)> = forecast
                .items
                .iter()
                .flat_map(|item| item.differences.iter().map(|one| (item.service.as_str(), one.what.as_str())))
                .collect();
            assert_eq!(told, different, "{what}");
            assert_eq!(forecast.changes_anything(), !(expected.is_empty() && different.is_empty()), "{what}");
        });
    }
}

/// What became of a run that is up, and what of it is to be mended.
type Trouble = (&'static str, fn(&mut Lab), &'static [(&'static str, PlannedAction)]);

const TROUBLES: [Trouble; 7] = [
    ("none", |_| {}, &[]),
    ("a dead machine at the end", |lab| assert_eq!(lab.cloud.kill("f"), 1), &[("f", Replace)]),
    (
        "a dead machine at the beginning",
        |lab| assert_eq!(lab.cloud.kill("a"), 1),
        &[("a", Replace), ("c", Check), ("d", Check), ("e", Check), ("f", Check)],
    ),
    (
        "a failed check",
        |lab| lab.cloud.fault(SimFault::once("d", program_fails(ProgramKind::Ready)).times(2)),
        &[("d", Replace), ("e", Check), ("f", Check)],
    ),
    (
        "a check that fails while what comes before it is dead",
        |lab| {
            lab.cloud.kill("a");
            lab.cloud.fault(SimFault::once("d", program_fails(ProgramKind::Ready)).times(2));
        },
        &[("a", Replace), ("c", Check), ("d", Check), ("e", Check), ("f", Check)],
    ),
    ("a check that fails once", |lab| lab.cloud.fault(SimFault::once("d", program_fails(ProgramKind::Ready))), &[]),
    (
        "two dead machines",
        |lab| {
            lab.cloud.kill("c");
            lab.cloud.kill("f");
        },
        &[("c", Replace), ("e", Check), ("f", Replace)],
    ),
];

#[test]
fn what_does_not_work_is_announced_by_repair_and_reload_alike() {
    for (what, trouble, expected) in TROUBLES {
        for reloads in [false, true] {
            virtual_time(async {
                let mut lab = up().await;
                trouble(&mut lab);
                let same = lab.plan.clone();
                let forecast = if reloads { reload(what, &mut lab, same).await } else { repair(what, &mut lab).await };
                assert_eq!(touched(&announced(&forecast)), expected, "{what}, reloads: {reloads}");
                let launched = expected.iter().filter(|(_, deed)| *deed == Replace).count();
                assert_eq!(lab.cloud.launched().len(), 6 + launched, "{what}");
            });
        }
    }
}

#[test]
fn a_guest_goes_with_its_host_as_announced() {
    virtual_time(async {
        let guest = |plan: &mut Plan| {
            let guest = &mut plan.levels[1].services[0];
            (guest.launch, guest.run_on) = (None, RunOn::Address);
            guest.address = Some(Text::new("${a.address}"));
        };
        let mut lab = Lab::new(SimConfig::default(), &[&["a", "b"], &["guest"]], guest);
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.cloud.kill("a");
        let forecast = repair("a guest", &mut lab).await;
        assert_eq!(touched(&announced(&forecast)), [("a", Replace), ("guest", Replace)]);
        // Also where it is given what its host is, and where boot programs run again.
        lab.cloud.kill("a");
        let same = lab.plan.clone();
        let forecast = reload("a guest", &mut lab, same).await;
        assert_eq!(touched(&announced(&forecast)), [("a", Replace), ("guest", Replace)]);
    });
}
