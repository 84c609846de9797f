use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::elastic::engine::{ClassadConfig, ClassadEngine, KindConfig, SlotFigures};
use crate::elastic::engine::{CoalitionConfig, CoalitionEngine, ElastiqConfig, ElastiqEngine, Engine, Protection};
use crate::elastic::engine::{NpreservingConfig, NpreservingEngine, QueuelenConfig, QueuelenEngine};
use crate::elastic::simulate::{Needs, Workload, read};

fn workload(lines: &str) -> Workload {
    read(lines.as_bytes()).unwrap().0
}

fn kind() -> MachineKind {
    let boot = vec![BootTime { pending: 40, join: Some(60) }];
    MachineKind { cpus: 4, memory: 8000, price_per_hour: Some(0.36), boot, ..MachineKind::default() }
}

fn settings() -> PoolSettings {
    PoolSettings { kinds: vec![kind()], ..PoolSettings::default() }
}

fn elastiq(idle_for: i64, maximum: i64) -> ElastiqEngine {
    let config = ElastiqConfig { idle_for, maximum, waiting_time: 40, ..ElastiqConfig::default() };
    ElastiqEngine::new(config, Protection::default())
}

fn hours_add_up(report: &Report) {
    let MachineHours { asked, starting, busy, idle, draining, never_joined } = report.machine_hours;
    assert!((asked - (starting + busy + idle + draining + never_joined)).abs() < 1e-9, "{:?}", report.machine_hours);
    let JobCounts { total, done, running, waiting, unservable } = report.jobs;
    assert_eq!(total, done + running + waiting + unservable);
}

#[test]
fn a_fixed_pool_starts_jobs_at_the_next_round() {
    let workload = workload("{\"at\":5,\"run\":100,\"count\":6}");
    let report = PoolWorld::new(&workload, &settings()).run("fixed:1", Contender::Yardstick(Yardstick::Fixed(1)));
    // Four start at 20 and end at 120, when their claims take the other two, which end at 220.
    assert_eq!(
        report.wait,
        WaitTimes { mean: (4.0 * 15.0 + 2.0 * 115.0) / 6.0, p50: 15, p95: 115, p99: 115, max: 115 }
    );
    assert_eq!((report.makespan, report.end, report.jobs.done), (Some(220), 220, 6));
    let hours = report.machine_hours;
    assert_eq!((hours.busy * 3600.0, hours.idle * 3600.0), (200.0, 20.0));
    assert!((report.cost.unwrap() - 0.022).abs() < 1e-12);
    assert!((report.utilisation.unwrap() - 600.0 / 880.0).abs() < 1e-12);
    assert!((report.bounded_slowdown.unwrap() - (4.0 * 1.15 + 2.0 * 2.15) / 6.0).abs() < 1e-12);
    hours_add_up(&report);
}

#[test]
fn the_oracle_serves_at_once_with_the_machines_that_jobs_fill() {
    let workload = workload("{\"at\":5,\"run\":100,\"count\":6}\n{\"at\":50,\"run\":10}");
    let report = PoolWorld::new(&workload, &settings()).run("oracle", Contender::Yardstick(Yardstick::Oracle));
    assert_eq!((report.wait.max, report.jobs.done, report.churn.launches, report.churn.most), (0, 7, 2, 2));
    assert_eq!((report.machine_hours.busy * 3600.0, report.machine_hours.idle), (200.0, 0.0));
    hours_add_up(&report);
}

#[test]
fn elastiq_grows_for_waiting_jobs_and_ends_idle_machines() {
    let workload = workload("{\"at\":0,\"run\":600,\"count\":4}");
    let report = PoolWorld::new(&workload, &settings()).run("elastiq", Contender::Engine(&elastiq(300, 3)));
    // Seen at 0, too long at 45, launched then; it joins at 145, takes the jobs at 160, and they end at 760.
    assert_eq!((report.wait.max, report.makespan, report.churn.launches), (160, Some(760), 1));
    let hours = report.machine_hours;
    assert_eq!((hours.starting * 3600.0, hours.busy * 3600.0), (100.0, 600.0));
    // Idle for more than 300 s by the pool's clock at 1080, the next look of every 45 s.
    assert_eq!((hours.idle * 3600.0, report.end), (335.0, 1080));
    assert_eq!((report.interrupted, report.churn.reversals, report.calls.launch, report.calls.terminate), (0, 0, 1, 1));
    hours_add_up(&report);
}

#[test]
fn jobs_that_no_kind_can_run_are_named_with_the_reason_and_hold_nobody_up() {
    let workload = workload(
        "{\"at\":0,\"run\":60,\"cpus\":8,\"count\":3,\"group\":\"wide\"}\n\
         {\"at\":0,\"run\":60,\"requirements\":\"TARGET.HasSquid\"}\n\
         {\"at\":0,\"run\":60,\"memory\":\"6GB\",\"count\":2}",
    );
    let report = PoolWorld::new(&workload, &settings()).run("elastiq", Contender::Engine(&elastiq(300, 3)));
    assert_eq!((report.jobs.done, report.jobs.unservable), (2, 4));
    assert_eq!(report.unserved[0].group.as_deref(), Some("wide"));
    assert_eq!(report.unserved[0].reasons, ["needs 8 processors, a slot of machine has 4"]);
    assert_eq!(report.unserved[1].reasons, ["machine fails the job's `TARGET.HasSquid`"]);
    hours_add_up(&report);
}

#[test]
fn nothing_launched_is_given_up_and_said() {
    let workload = workload("{\"at\":0,\"run\":60}");
    let report = PoolWorld::new(&workload, &settings()).run("elastiq", Contender::Engine(&elastiq(300, 0)));
    assert_eq!((report.jobs.waiting, report.end), (1, 86_460));
    assert_eq!(report.unserved[0].reasons, ["no machine was launched for them before the end"]);
    assert!((report.wait_hours * 3600.0 - 86_460.0).abs() < 1e-9);
}

#[test]
fn a_lease_that_ends_interrupts_and_the_job_runs_again_from_the_start() {
    let kinds = vec![MachineKind { lifetime: Some(300), boot: vec![BootTime { pending: 0, join: Some(0) }], ..kind() }];
    let settings = PoolSettings { kinds, ..PoolSettings::default() };
    let workload = workload("{\"at\":0,\"run\":200}\n{\"at\":100,\"run\":200}");
    let report = PoolWorld::new(&workload, &settings).run("elastiq", Contender::Engine(&elastiq(300, 1)));
    // Launched at 45, the first job runs from 60 to 260; the second from 100 is lost with the machine at 345 only if it
    // ran that long: it ends at 300.
    assert_eq!((report.interrupted_by_lease, report.jobs.done, report.makespan), (0, 2, Some(300)));
    let long =
        Workload { jobs: workload.jobs.iter().map(|job| super::super::Job { run: 250, ..*job }).collect(), ..workload };
    let settings = PoolSettings { until: Some(340), ..settings };
    let report = PoolWorld::new(&long, &settings).run("elastiq", Contender::Engine(&elastiq(300, 1)));
    assert_eq!((report.interrupted_by_lease, report.jobs.done, report.jobs.running), (0, 1, 1));
    let settings = PoolSettings { until: Some(346), ..settings };
    let report = PoolWorld::new(&long, &settings).run("elastiq", Contender::Engine(&elastiq(300, 1)));
    assert_eq!((report.interrupted_by_lease, report.jobs.done, report.jobs.waiting), (1, 1, 1));
    assert!((report.lost_core_hours * 3600.0 - 245.0).abs() < 1e-9);
}

#[test]
fn machines_that_never_join_count_apart() {
    let kinds = vec![MachineKind { boot: vec![BootTime { pending: 10, join: None }, kind().boot[0]], ..kind() }];
    let settings = PoolSettings { kinds, ..PoolSettings::default() };
    let workload = workload("{\"at\":0,\"run\":60}");
    let report = PoolWorld::new(&workload, &settings).run("elastiq", Contender::Engine(&elastiq(300, 3)));
    // The deploy time of 600 s is over at 645.
    assert!((report.machine_hours.never_joined * 3600.0 - 600.0).abs() < 1e-9, "{:?}", report.machine_hours);
    assert_eq!((report.jobs.done, report.churn.unused, report.churn.launches), (1, 1, 2));
    hours_add_up(&report);
}

#[test]
fn a_quota_of_the_cloud_refuses() {
    let settings = PoolSettings { quota: Some(1), ..settings() };
    let workload = workload("{\"at\":0,\"run\":60,\"count\":9}");
    let report = PoolWorld::new(&workload, &settings).run("elastiq", Contender::Engine(&elastiq(300, 3)));
    assert_eq!((report.jobs.done, report.churn.launches, report.churn.most), (9, 1, 1));
    // Two at 45 and at 105, one for what is left at 165 and at 225.
    assert_eq!(report.churn.refused, 6);
}

fn classad(max: u64) -> ClassadEngine {
    let figures = SlotFigures { cpus: 4, memory: 8000, disk: 100 << 20, ..SlotFigures::default() };
    let kinds = vec![KindConfig::new("machine", figures)];
    ClassadEngine::new(ClassadConfig { max, kinds, ..ClassadConfig::default() }).unwrap()
}

#[test]
fn classad_launches_what_jobs_fill_and_drains_before_it_ends() {
    let workload =
        workload("{\"at\":0,\"run\":600,\"count\":6,\"cpus\":2,\"memory\":\"3GB\"}\n{\"at\":0,\"run\":9,\"cpus\":5}");
    let report = PoolWorld::new(&workload, &settings()).run("classad", Contender::Engine(&classad(5)));
    assert_eq!((report.jobs.done, report.jobs.unservable, report.interrupted), (6, 1, 0));
    assert_eq!((report.churn.launches, report.churn.unused), (3, 0));
    assert!(report.calls.drain > 0, "{:?}", report.calls);
    assert!(report.machine_hours.draining > 0.0);
    hours_add_up(&report);
}

/// All engines that fit a pool.
fn engines() -> Vec<(&'static str, Box<dyn Engine>)> {
    let queuelen = QueuelenConfig { high_water: 2, low_water: 1, min_instances: 0, ..QueuelenConfig::default() };
    let npreserving = NpreservingConfig { preserve_n: 2, ..NpreservingConfig::default() };
    let all = Protection::default;
    vec![
        ("classad", Box::new(classad(4))),
        ("elastiq", Box::new(elastiq(200, 4))),
        ("queuelen", Box::new(QueuelenEngine::new(queuelen, all()))),
        ("npreserving", Box::new(NpreservingEngine::new(npreserving, all()))),
        ("coalition", Box::new(CoalitionEngine::new(CoalitionConfig::default(), all()))),
    ]
}

#[test]
fn every_engine_serves_a_burst() {
    let workload = workload("{\"at\":0,\"run\":300,\"count\":10,\"cpus\":2}");
    for (name, engine) in engines() {
        let report = PoolWorld::new(&workload, &settings()).run(name, Contender::Engine(engine.as_ref()));
        // An engine that only sees the length of the queue ends machines with jobs as soon as none waits.
        if name != "queuelen" {
            assert_eq!((report.jobs.done, report.interrupted), (10, 0), "{name}");
        }
        hours_add_up(&report);
    }
}

fn batches() -> impl Strategy<Value = Vec<(i64, u32, u8, u32, u64)>> {
    proptest::collection::vec((0..5000_i64, 0..900_u32, 1..6_u8, 1..7_u32, 0..9000_u64), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn jobs_and_hours_are_conserved_and_runs_repeat(
        batches in batches(),
        lifetime in proptest::option::of(100..3000_i64),
    ) {
        let mut workload = Workload::default();
        for (at, run, count, cpus, memory) in batches {
            let class = u32::try_from(workload.classes.len()).unwrap();
            let needs = Needs { cpus, memory, ..Needs::default() };
            workload.classes.push(super::super::JobClass { needs, ..Default::default() });
            workload.jobs.extend((0..count).map(|_| super::super::Job { at, run, class }));
        }
        workload.jobs.sort_by_key(|job| job.at);
        let two = MachineKind { name: Arc::from("static"), slots: SlotPlan::Static(2), cpus: 12, ..kind() };
        let kinds = vec![MachineKind { lifetime, ..kind() }, two];
        let settings = PoolSettings { kinds, patience: 10_000, ..PoolSettings::default() };
        let world = PoolWorld::new(&workload, &settings);
        for (name, engine) in engines() {
            let report = world.run(name, Contender::Engine(engine.as_ref()));
            hours_add_up(&report);
            prop_assert_eq!(report.jobs.total, u64::try_from(workload.jobs.len()).unwrap());
            let busy = report.busy_core_hours - report.lost_core_hours;
            let done_at_most = f64::from(u32::try_from(workload.cpu_seconds()).unwrap()) / 3600.0;
            prop_assert!(busy <= done_at_most + 1e-9);
            prop_assert_eq!(&report, &world.run(name, Contender::Engine(engine.as_ref())));
        }
        let oracle = world.run("oracle", Contender::Yardstick(Yardstick::Oracle));
        hours_add_up(&oracle);
        prop_assert_eq!(oracle.jobs.waiting + oracle.jobs.running, 0);
    }
}
