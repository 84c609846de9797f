use std::sync::Arc;

use super::world::{World, fates, group, kind, words};
use crate::classad::ClassAd;
use crate::elastic::engine::{ClassadConfig, ClassadEngine, Fate, KindConfig, Limit, Misfit, Money, Note, SlotFigures};

const ANY: &str = "TARGET.Memory >= RequestMemory";

fn config(kinds: Vec<KindConfig>) -> ClassadConfig {
    ClassadConfig { max: 10, kinds, ..ClassadConfig::default() }
}

fn launches(pass: &crate::elastic::engine::Pass) -> Vec<String> {
    words(pass).into_iter().filter(|word| word.starts_with("launch")).collect()
}

#[test]
fn machines_are_launched_once_jobs_have_waited_for_what_fits_nowhere_else() {
    let mut world = World::new(config(vec![kind("a", 4, 100_000)]));
    world.add("a", 2);
    world.groups = vec![group("g", 11, ANY, world.now)];
    let young = world.pass();
    assert!(launches(&young).is_empty());
    let until = world.now + 40;
    assert_eq!(fates(&young, "g"), [(2, Fate::Running), (9, Fate::Young { until })]);
    let grown = world.pass_after(40);
    assert_eq!(words(&grown), ["launch 3 a queue"]);
    assert_eq!(fates(&grown, "g"), [(2, Fate::Running), (9, Fate::New { kind: "a".into() })]);
    let again = world.pass_after(15);
    assert!(again.decisions.is_empty(), "{:?}", again.decisions);
    assert_eq!(fates(&again, "g"), [(2, Fate::Running), (9, Fate::Coming)]);
}

#[test]
fn the_cheapest_kind_for_the_jobs_at_hand_is_launched() {
    let kinds = || vec![kind("big", 16, 600_000), kind("small", 2, 100_000)];
    let grown = |jobs| {
        let mut world = World::new(config(kinds()));
        world.groups = vec![group("g", jobs, ANY, 0)];
        launches(&world.pass())
    };
    assert_eq!(grown(1), ["launch 1 small queue"]);
    assert_eq!(grown(16), ["launch 1 big queue"]);
    assert_eq!(grown(35), ["launch 2 big queue", "launch 2 small queue"]);
}

#[test]
fn jobs_that_no_kind_runs_start_nothing_and_are_named_with_the_clause() {
    let mut world = World::new(config(vec![kind("a", 4, 1)]));
    world.groups = vec![
        group("arm", 3, "TARGET.Memory >= RequestMemory && TARGET.Arch == \"aarch64\"", 0),
        group("odd", 1, "siteRule(TARGET.Arch)", 0),
    ];
    let pass = world.pass();
    assert!(pass.decisions.is_empty());
    let [(3, Fate::Unservable { kinds })] = &*fates(&pass, "arm") else { panic!("{:?}", pass.notes) };
    let Misfit::Clause { of_job, clause, values } = &kinds[0].reason else { panic!("{kinds:?}") };
    assert_eq!((*of_job, clause.as_str()), (true, "TARGET.Arch == \"aarch64\""));
    assert_eq!(values, &[("TARGET.Arch".to_owned(), "\"X86_64\"".to_owned())]);
    let [(1, Fate::Unknown { kinds })] = &*fates(&pass, "odd") else { panic!("{:?}", pass.notes) };
    assert!(matches!(&kinds[0].reason, Misfit::Unknown { needs, .. } if needs.contains("siteRule")));
}

#[test]
fn the_machines_start_expression_counts_too() {
    let figures = SlotFigures { cpus: 4, memory: 4000, start: "TARGET.Owner == \"ann\"".into(), ..Default::default() };
    let mut world = World::new(config(vec![KindConfig::new("a", figures)]));
    world.groups = vec![group("g", 1, ANY, 0)];
    let pass = world.pass();
    let [(1, Fate::Unservable { kinds })] = &*fates(&pass, "g") else { panic!("{:?}", pass.notes) };
    assert!(matches!(&kinds[0].reason, Misfit::Clause { of_job: false, .. }), "{kinds:?}");
    let mut owned = (*world.groups[0].ad).clone();
    owned.insert(crate::classad::Name::new("Owner"), crate::classad::Expression::text("ann"));
    world.groups[0].ad = Arc::new(owned);
    assert_eq!(launches(&world.pass()), ["launch 1 a queue"]);
}

#[test]
fn amounts_are_reckoned_with_gpus_and_custom_resources() {
    let mut figures = SlotFigures { cpus: 16, memory: 64_000, gpus: 4, ..SlotFigures::default() };
    figures.custom.insert("Licence".into(), 3);
    let mut world = World::new(config(vec![KindConfig::new("a", figures)]));
    let mut of = |id: &str, more: &str, count| {
        let text = format!("RequestCpus = 1\nRequestMemory = 500\nRequirements = true\n{more}");
        let ad = Arc::new(ClassAd::from_long_text(&text).unwrap());
        world.groups = vec![crate::elastic::engine::JobGroup { ad, ..group(id, count, ANY, 0) }];
        world.memory = None;
        world.machines.clear();
        launches(&world.pass())
    };
    assert_eq!(of("gpu", "RequestGPUs = 1", 5), ["launch 2 a queue"]);
    assert_eq!(of("licence", "RequestLicence = 1", 7), ["launch 3 a queue"]);
    assert_eq!(of("too large", "RequestGPUs = 5", 1), [""; 0]);
}

#[test]
fn a_job_that_runs_longer_than_a_machine_lives_does_not_fit() {
    let mut short = kind("short", 4, 1);
    short.lifetime = Some(3600);
    let mut world = World::new(config(vec![short, kind("long", 4, 9)]));
    let place = world.add("long", 0);
    world.machines[place].ends_at = Some(world.now + 1000);
    let mut jobs = group("g", 4, ANY, 0);
    jobs.run_time = Some(7200);
    world.groups = vec![jobs];
    assert_eq!(launches(&world.pass()), ["launch 1 long queue"]);
    world.groups[0].run_time = Some(600);
    let pass = world.pass();
    assert_eq!(fates(&pass, "g"), [(4, Fate::Running)]);
}

#[test]
fn each_limit_is_noted_with_its_numbers() {
    let limited = |config: ClassadConfig| {
        let mut world = World::new(config);
        world.groups = vec![group("g", 40, ANY, 0)];
        let pass = world.pass();
        let by = pass.notes.iter().find_map(|note| match note {
            Note::KindLimited { wanted: 10, allowed, by, .. } => Some((*allowed, by.clone())),
            _ => None,
        });
        assert!(matches!(fates(&pass, "g").last(), Some((_, Fate::Limited { .. }))), "{:?}", pass.notes);
        by.unwrap()
    };
    let base = || config(vec![kind("a", 4, 250_000)]);
    let maximum = Limit::Maximum { maximum: 3, live: 0 };
    assert_eq!(limited(ClassadConfig { max: 3, ..base() }), (3, maximum));
    let hourly = limited(ClassadConfig { budget_per_hour: Money::from_units(1.1), ..base() });
    assert!(matches!(hourly, (4, Limit::HourlyBudget { .. })), "{hourly:?}");
    let all = limited(ClassadConfig { budget: Money::from_units(0.5), ..base() });
    assert!(matches!(all, (2, Limit::Budget { .. })), "{all:?}");
    let rate = limited(ClassadConfig { launches_per_minute: Some(5), ..base() });
    assert_eq!(rate, (5, Limit::LaunchRate { maximum: 5, launched: 0 }));
}

#[test]
fn a_second_kind_takes_what_a_limit_keeps_from_the_first() {
    let mut cheap = kind("cheap", 4, 1);
    cheap.max = Some(1);
    let mut world = World::new(config(vec![cheap, kind("dear", 4, 9)]));
    world.groups = vec![group("g", 12, ANY, 0)];
    assert_eq!(launches(&world.pass()), ["launch 1 cheap queue", "launch 2 dear queue"]);
}

#[test]
fn refused_launches_are_tried_again_one_at_a_time_after_a_pause() {
    let mut world = World::new(config(vec![kind("a", 4, 1)]));
    world.groups = vec![group("g", 12, ANY, 0)];
    world.refuses = true;
    assert_eq!(launches(&world.pass()), ["launch 3 a queue"]);
    assert!(launches(&world.pass_after(59)).is_empty());
    assert_eq!(launches(&world.pass_after(1)), ["launch 1 a queue"]);
    assert!(launches(&world.pass_after(119)).is_empty());
    world.refuses = false;
    assert_eq!(launches(&world.pass_after(1)), ["launch 1 a queue"]);
    assert_eq!(launches(&world.pass_after(15)), ["launch 2 a queue"]);
}

#[test]
fn a_kind_whose_machines_never_join_is_tried_with_one() {
    let mut world = World::new(ClassadConfig { deploy_time: 600, ..config(vec![kind("a", 4, 1)]) });
    world.boot = None;
    world.groups = vec![group("g", 8, ANY, 0)];
    assert_eq!(words(&world.pass()), ["launch 2 a queue"]);
    assert_eq!(words(&world.pass_after(601)), ["launch 2 a queue", "terminate 2 never_joined"]);
    assert_eq!(words(&world.pass_after(601)), ["launch 2 a queue", "terminate 2 never_joined"]);
    let held = world.pass_after(1);
    assert!(held.decisions.is_empty(), "{:?}", words(&held));
    assert_eq!(words(&world.pass_after(601)), ["terminate 2 never_joined"]);
    assert_eq!(words(&world.pass_after(60)), ["launch 1 a queue"]);
    let admitted = world.pass_after(15);
    assert!(
        admitted
            .notes
            .iter()
            .any(|note| matches!(note, Note::KindLimited { by: Limit::Breaker { failures: 6, until: None }, .. }))
    );
}

#[test]
fn minima_are_restored_and_hidden_jobs_count() {
    let mut special = kind("special", 4, 9);
    special.min = 1;
    let mut world = World::new(ClassadConfig { min: 3, min_idle: 2, ..config(vec![special, kind("plain", 4, 1)]) });
    assert_eq!(words(&world.pass()), ["launch 1 special min", "launch 2 plain min"]);
    assert!(world.pass_after(15).decisions.is_empty());
    let mut jobs = group("g", 2, ANY, 0);
    jobs.hidden = 7;
    world.groups = vec![jobs];
    assert_eq!(words(&world.pass_after(15)), ["launch 2 plain min_idle"]);
}

#[test]
fn a_kind_is_matched_by_the_ad_of_its_first_machine() {
    let mut world = World::new(config(vec![kind("a", 4, 1)]));
    world.groups = vec![group("g", 4, "TARGET.Site == \"a\"", 0)];
    assert!(launches(&world.pass()).is_empty());
    world.add("a", 4);
    assert_eq!(launches(&world.pass_after(15)), ["launch 1 a queue"]);
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let mut wrong = kind("a", 1, 1);
    wrong.slots[0].start = "1 +".into();
    let error = ClassadEngine::new(config(vec![wrong])).unwrap_err().to_string();
    assert!(error.starts_with("`Start` of the machines `a` is 1 +, which is no ClassAd expression"), "{error}");
    assert!(ClassadEngine::new(config(vec![kind("a", 1, 1), kind("a", 2, 1)])).is_err());
    assert!(ClassadEngine::new(ClassadConfig { min: 4, ..ClassadConfig::default() }).is_err());
}
