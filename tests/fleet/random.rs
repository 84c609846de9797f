//! Random worlds and faults, for a thousand simulated days; `HOIST_FLEET_DAYS` sets another number, and `HOIST_FLEET_LIFE`
//! how many of them each world has.

use std::io::Write as _;
use std::time::Duration;

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::elastic::engine::MachineId;
use hoist::provider::{CloudErrorKind, Offer};
use hoist::scaler::{FleetRequest, Overrides, Scaler};
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::answers::{Mood, Tells};
use super::lab::{Lab, file_text};
use super::world::Job;

/// Simulated days of a world, if nothing else is asked for.
const LIFE: i64 = 5;

/// Time from one pass to the next at most, in seconds: long, so that many days pass quickly.
const EVERY: i64 = 900;

const DAY: i64 = 86_400;

/// Grace of a fleet whose file says none, in seconds.
const GRACE: i64 = 1800;

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
    /// A request of a person's.
    Drain,
    Set {
        min: u32,
        max: u32,
    },
    /// The fleet is paused for so many seconds.
    Pause(i64),
    /// Machines of the first offer do not join for so many seconds.
    BadOffer(i64),
}

#[derive(Clone, Debug)]
struct Plan {
    days: i64,
    engine: usize,
    min: u32,
    max: u32,
    late: u64,
    circumstances: Circumstances,
    jobs: Vec<Job>,
    troubles: Vec<(i64, Trouble)>,
}

/// What a fleet has besides its engine.
#[derive(Clone, Copy, Debug)]
struct Circumstances {
    /// A minimum by day.
    schedule: bool,
    /// A budget of two machines.
    budget: bool,
    /// A kind of three offers, the second with one machine.
    offers: bool,
    /// Whether leases are renewed. Else machines end after a day.
    renews: bool,
    /// Whether the pool keeps neither who drained a machine nor when it joined.
    forgetful: bool,
    /// Whether hosts are told by name, and none is drained by the source.
    hosts: bool,
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
        Just(Trouble::Drain),
        (0..3_u32, 0..3_u32).prop_map(|(min, more)| Trouble::Set { min, max: (min + more).max(1) }),
        (60..3600_i64).prop_map(Trouble::Pause),
        (600..40_000_i64).prop_map(Trouble::BadOffer),
    ]
}

/// Plans of worlds of so many days, with as much to do and as many troubles a day in each.
fn plan(days: i64) -> impl Strategy<Value = Plan> {
    let end = (days - 1) * DAY;
    let times = usize::try_from(days.div_euclid(LIFE).max(1)).unwrap();
    let burst = (0..end, 1..9_usize, 60..3000_i64);
    let jobs = prop::collection::vec(burst, 0..12 * times);
    let troubles = prop::collection::vec((0..end, trouble()), 0..10 * times);
    let often = prop::bool::weighted(0.3);
    let circumstances = (often, often, often, prop::bool::weighted(0.85), often, often).prop_map(
        |(schedule, budget, offers, renews, forgetful, hosts)| Circumstances {
            schedule,
            budget,
            offers,
            // Else a life ends whatever runs.
            renews: renews || hosts,
            forgetful,
            hosts,
        },
    );
    (0..ENGINES.len(), 0..3_u32, 0..4_u32, 0..200_u64, circumstances, jobs, troubles).prop_map(
        move |(engine, min, more, late, circumstances, jobs, mut troubles)| {
            // The engine classad asks for slots.
            let engine = if circumstances.hosts { engine.max(1) } else { engine };
            troubles.sort_by_key(|(at, _)| *at);
            // What runs at the end of a life that is not renewed has the grace to finish in.
            let longest = if circumstances.renews { i64::MAX } else { GRACE };
            let lasting = |(at, count, length): (i64, usize, i64)| vec![Job { at, length: length.min(longest) }; count];
            let jobs = jobs.into_iter().flat_map(lasting);
            Plan { days, engine, min, max: (min + more).max(1), late, circumstances, jobs: jobs.collect(), troubles }
        },
    )
}

async fn pass_until(lab: &Lab, scaler: &mut Scaler, end: i64) {
    // The end of a life that is not renewed is seen ten minutes ahead, and ended leases of busy workers are held.
    let every = if lab.cloud.renews && lab.world.drains() { EVERY } else { EVERY / 3 };
    while lab.elapsed() < end {
        let rest = (end - lab.elapsed()).min(every);
        let due = lab.clock.now() + SignedDuration::from_secs(rest);
        lab.sleep_until(due).await;
        scaler.take_requests().await.unwrap();
        scaler.pass().await.unwrap();
    }
}

async fn live(plan: &Plan) {
    let Circumstances { schedule, budget, offers, renews, forgetful, hosts } = plan.circumstances;
    let mut more = String::new();
    if budget {
        more.push_str("[limits]\nbudget_per_hour = 1.2\n");
    }
    if schedule {
        more.push_str(&format!("[[schedule]]\nwhen = \"08:00-18:00 UTC\"\nmin = {}\n", plan.max));
    }
    let text = file_text(plan.min, plan.max, ENGINES[plan.engine], &more);
    let zones = ["a", "b", "c"].map(|zone| Offer { zone: Some(zone.into()), ..Offer::default() });
    let capacity = if offers { [(zones[1].clone(), 1)].into() } else { Default::default() };
    let config = SimConfig { late_visibility: Duration::from_secs(plan.late), capacity, ..SimConfig::default() };
    let mut lab = Lab::with(&text, plan.jobs.clone(), config, renews).await;
    if offers {
        lab.kinds.get_mut("machine").unwrap().machine.offers = zones.to_vec();
    }
    if forgetful {
        lab.world.set_forgetful();
    }
    if hosts {
        // Jobs come while machines are ended.
        lab.world.set_tells(Tells::Hosts, true);
        lab.set_rush(5);
    }
    let affordable = if budget { 2 } else { usize::MAX };
    let (mut min, mut max) = (plan.min, plan.max);
    lab.set_max(affordable.min(max as usize));
    let mut scaler = lab.scaler().await.unwrap();
    let (mut by_hand, mut asked) = (Vec::new(), Vec::new());
    // Whatever fails by itself takes its jobs along.
    let mut lost = 0;
    let mut highest = plan.max;
    for (at, trouble) in &plan.troubles {
        pass_until(&lab, &mut scaler, *at).await;
        match trouble {
            Trouble::Mood(mood, time) => {
                lab.world.set_mood(*mood);
                pass_until(&lab, &mut scaler, at + time).await;
                lab.world.set_mood(Mood::Fresh);
            }
            Trouble::Down(time) => {
                // The ended lease of a busy worker is held for its grace alone.
                let time = if hosts { time / 2 } else { *time };
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
            // A source that drains none does not tell of a person's drain either.
            Trouble::PersonsDrain if hosts => {}
            Trouble::PersonsDrain => {
                // One that the scaler has drained, or was just asked to, is drained already: a pool without marks cannot
                // tell the two apart.
                let is_drained = |machine: &String| lab.world.is_drained(machine) || asked.contains(machine);
                if let Some(machine) = lab.world.nodes().iter().find(|machine| !is_drained(machine)) {
                    lab.world.drain_by_hand(machine);
                    by_hand.push(machine.clone());
                }
            }
            Trouble::Drain => {
                if let Some(machine) = lab.world.nodes().last().filter(|machine| !by_hand.contains(machine)) {
                    let machines = vec![MachineId::new(machine.as_str())];
                    asked.push(machine.clone());
                    lab.journal.request(FleetRequest::Drain { machines });
                }
            }
            Trouble::Set { min: least, max: most } => {
                // What is above a lower maximum ends when its jobs have.
                highest = highest.max(*most);
                (min, max) = (*least, *most);
                let overrides = Overrides { min: Some(min), max: Some(max), ..Overrides::default() };
                lab.journal.request(FleetRequest::Set { overrides, pause: None, reset: false });
                scaler.take_requests().await.unwrap();
                lab.set_max(affordable.min(max as usize));
            }
            Trouble::Pause(time) => {
                let pause =
                    |pause| FleetRequest::Set { overrides: Overrides::default(), pause: Some(pause), reset: false };
                lab.journal.request(pause(true));
                pass_until(&lab, &mut scaler, at + time).await;
                lab.journal.request(pause(false));
            }
            Trouble::BadOffer(time) => {
                lab.world.set_mute_offers(&zones[..1]);
                pass_until(&lab, &mut scaler, at + time).await;
                lab.world.set_mute_offers(&[]);
            }
        }
        assert!(lab.alive() <= highest as usize);
        // The scaler forgets what is gone.
        assert!(scaler.fleet().workers.len() <= 200, "{}", scaler.fleet().workers.len());
    }
    pass_until(&lab, &mut scaler, plan.days * DAY).await;
    let violations = lab.world.violations();
    assert!(violations.is_empty(), "{violations:?}");
    assert!(lab.world.interrupted() <= lost, "{} jobs were interrupted", lab.world.interrupted());
    lab.check_ledger();
    let alive: Vec<String> = lab.cloud.sim.alive().into_iter().map(|launch| launch.instance.id).collect();
    // Machines that a person drained do not serve, and are not touched.
    let serving = alive.iter().filter(|id| !by_hand.contains(id)).count();
    // The last day ends at the time of its begin, which a schedule may hold.
    let least = if schedule { 0 } else { min as usize };
    let room = (max as usize).min(affordable).saturating_sub(alive.len() - serving);
    assert!(alive.len() >= least.min(affordable), "{alive:?}: {:#?}", lab.passes_since(3600));
    if room > 0 && ENGINES[plan.engine].contains("classad") {
        assert_eq!(lab.world.unfinished(), 0, "{:#?}", lab.passes_since(3600));
        if !schedule {
            assert_eq!(serving, least.min(room), "{:#?}", lab.passes_since(1800));
        }
    }
    if by_hand.is_empty() {
        lab.stop(&mut scaler).await.unwrap();
        lab.check_names();
    }
}

#[test]
fn random_worlds_keep_every_promise() {
    let asked = |name, else_| std::env::var(name).map_or(else_, |days| days.parse().unwrap());
    let (days, life) = (asked("HOIST_FLEET_DAYS", 1000), asked("HOIST_FLEET_LIFE", LIFE));
    let cases = u32::try_from(days.div_euclid(life).max(1)).unwrap();
    let began = std::time::Instant::now();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let result = TestRunner::new(config).run(&plan(life), |plan| {
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
