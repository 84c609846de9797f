//! Random worlds and faults, for a thousand simulated days; `HOIST_FLEET_DAYS` sets another number.

use std::io::Write as _;
use std::time::Duration;

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::provider::CloudErrorKind;
use hoist::scaler::Scaler;
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::lab::{Lab, file_text};
use super::world::{Job, Mood};

/// Simulated days of a world.
const DAYS: i64 = 5;

/// Time from one pass to the next at most, in seconds: long, so that many days pass quickly.
const EVERY: i64 = 900;

const DAY: i64 = 86_400;

#[derive(Clone, Debug)]
enum Trouble {
    Mood(Mood, i64),
    Down(i64),
    /// The scaler is killed in the middle of a pass, and started again after so many seconds.
    Kill {
        after_millis: u64,
        pause: i64,
    },
    Restart,
    Fault(FaultKind, u32),
    /// A machine fails.
    Loss,
    PersonsDrain,
}

#[derive(Clone, Debug)]
struct Plan {
    engine: usize,
    min: u32,
    max: u32,
    late: u64,
    jobs: Vec<Job>,
    troubles: Vec<(i64, Trouble)>,
}

const ENGINES: [&str; 5] = [
    "name = \"classad\"",
    "name = \"elastiq\"",
    "name = \"queuelen\"\nhigh = 3\nlow = 1",
    "name = \"coalition\"\nminimum_lifetime = \"10m\"",
    "name = \"npreserving\"\npreserve_n = 1",
];

fn trouble() -> impl Strategy<Value = Trouble> {
    let fault = prop_oneof![
        Just(FaultKind::LaunchReplyLost),
        Just(FaultKind::Launch(CloudErrorKind::Transient)),
        Just(FaultKind::Launch(CloudErrorKind::NoCapacity)),
        Just(FaultKind::LaunchCut(1)),
        Just(FaultKind::Describe(CloudErrorKind::Transient)),
        Just(FaultKind::Terminate(CloudErrorKind::Transient)),
        Just(FaultKind::TerminateReplyLost),
        Just(FaultKind::RenewReplyLost),
    ];
    prop_oneof![
        (60..3600_i64).prop_map(|time| Trouble::Mood(Mood::Failed, time)),
        (60..7200_i64).prop_map(|time| Trouble::Mood(Mood::Stale(400), time)),
        (60..1200_i64).prop_map(Trouble::Down),
        (0..4000_u64, 0..600_i64).prop_map(|(after_millis, pause)| Trouble::Kill { after_millis, pause }),
        Just(Trouble::Restart),
        (fault, 1..6_u32).prop_map(|(fault, times)| Trouble::Fault(fault, times)),
        Just(Trouble::Loss),
        Just(Trouble::PersonsDrain),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let end = (DAYS - 1) * DAY;
    let burst = (0..end, 1..9_usize, 60..3000_i64);
    let jobs = prop::collection::vec(burst, 0..12);
    let troubles = prop::collection::vec((0..end, trouble()), 0..10);
    (0..ENGINES.len(), 0..3_u32, 0..4_u32, 0..200_u64, jobs, troubles).prop_map(
        |(engine, min, more, late, jobs, mut troubles)| {
            troubles.sort_by_key(|(at, _)| *at);
            let jobs = jobs.into_iter().flat_map(|(at, count, length)| vec![Job { at, length }; count]);
            Plan { engine, min, max: (min + more).max(1), late, jobs: jobs.collect(), troubles }
        },
    )
}

async fn pass_until(lab: &Lab, scaler: &mut Scaler, end: i64) {
    while lab.elapsed() < end {
        let rest = (end - lab.elapsed()).min(EVERY);
        let due = lab.clock.now() + SignedDuration::from_secs(rest);
        lab.sleep_until(due).await;
        scaler.take_requests().await.unwrap();
        scaler.pass().await.unwrap();
    }
}

async fn live(plan: &Plan) {
    let text = file_text(plan.min, plan.max, ENGINES[plan.engine], "");
    let config = SimConfig { late_visibility: Duration::from_secs(plan.late), ..SimConfig::default() };
    let mut lab = Lab::with(&text, plan.jobs.clone(), config, true).await;
    let mut scaler = lab.scaler().await.unwrap();
    let mut by_hand = Vec::new();
    // Whatever fails by itself takes its jobs along.
    let mut lost = 0;
    for (at, trouble) in &plan.troubles {
        pass_until(&lab, &mut scaler, *at).await;
        match trouble {
            Trouble::Mood(mood, time) => {
                lab.world.set_mood(*mood);
                pass_until(&lab, &mut scaler, at + time).await;
                lab.world.set_mood(Mood::Fresh);
            }
            Trouble::Down(time) => {
                lab.set_down(true);
                pass_until(&lab, &mut scaler, at + time).await;
                lab.set_down(false);
            }
            Trouble::Kill { after_millis, pause } => {
                let pass = async { scaler.pass().await.map(drop) };
                if let Ok(ended) = tokio::time::timeout(Duration::from_millis(*after_millis), pass).await {
                    ended.unwrap();
                }
                drop(scaler);
                lab.take_over();
                tokio::time::sleep(Duration::from_secs(pause.unsigned_abs())).await;
                scaler = lab.scaler().await.unwrap();
            }
            Trouble::Restart => {
                drop(scaler);
                lab.take_over();
                scaler = lab.scaler().await.unwrap();
            }
            Trouble::Fault(fault, times) => lab.cloud.sim.fault(SimFault::once_each(fault.clone()).times(*times)),
            Trouble::Loss => {
                if let Some(victim) = lab.cloud.sim.alive().first() {
                    lost += lab.world.claims(&victim.instance.id);
                    lab.cloud.sim.kill(&victim.service);
                }
            }
            Trouble::PersonsDrain => {
                if let Some(machine) = lab.world.nodes().first() {
                    lab.world.drain_by_hand(machine);
                    by_hand.push(machine.clone());
                }
            }
        }
        assert!(lab.alive() <= plan.max as usize);
        // The scaler forgets what is gone.
        assert!(scaler.fleet().workers.len() <= 200, "{}", scaler.fleet().workers.len());
    }
    pass_until(&lab, &mut scaler, DAYS * DAY).await;
    let violations = lab.world.violations();
    assert!(violations.is_empty(), "{violations:?}");
    assert!(lab.world.interrupted() <= lost, "{} jobs were interrupted", lab.world.interrupted());
    lab.check_ledger();
    let alive: Vec<String> = lab.cloud.sim.alive().into_iter().map(|launch| launch.instance.id).collect();
    // Machines that a person drained do not serve, and are not touched.
    let serving = alive.iter().filter(|id| !by_hand.contains(id)).count();
    let room = plan.max as usize - (alive.len() - serving);
    assert!(alive.len() >= plan.min as usize, "{alive:?}: {:#?}", lab.passes_since(3600));
    if room > 0 && ENGINES[plan.engine].contains("classad") {
        assert_eq!(lab.world.unfinished(), 0, "{:#?}", lab.passes_since(3600));
        assert_eq!(serving, (plan.min as usize).min(room), "{:#?}", lab.passes_since(1800));
    }
}

#[test]
fn random_worlds_keep_every_promise() {
    let days: i64 = std::env::var("HOIST_FLEET_DAYS").map_or(1000, |days| days.parse().unwrap());
    let cases = u32::try_from(days.div_euclid(DAYS).max(1)).unwrap();
    let began = std::time::Instant::now();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let result = TestRunner::new(config).run(&plan(), |plan| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(live(&plan))));
        lived.map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".into());
            TestCaseError::fail(text)
        })
    });
    writeln!(std::io::stderr(), "{days} days in {} s", began.elapsed().as_secs()).unwrap();
    result.unwrap();
}
