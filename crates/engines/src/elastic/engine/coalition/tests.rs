use std::borrow::Cow;

use super::super::decision::{Decision, Market};
use super::super::interface::Engine;
use super::super::machine::{Health, Host, Machine, MachineId, MachineState};
use super::super::memory::Memory;
use super::super::observation::{Demand, Observation};
use super::super::outcome::{Launched, Outcome};
use super::super::protection::Protection;
use super::super::reading::Reading;
use super::super::seconds::Seconds;
use super::{CoalitionConfig, CoalitionEngine};

/// A worker: its machine, and its host unless it has made no request.
#[derive(Clone, Copy)]
enum Worker {
    Starting,
    Working,
    Waiting,
    Silent,
}

/// Decides once at `now` for workers launched at 0, and returns the words of the decisions with numbers of machines.
fn round(
    engine: &CoalitionEngine,
    now: Seconds,
    demand: Demand,
    workers: &[Worker],
    memory: Memory,
) -> (Vec<(&'static str, usize)>, Memory) {
    let id = |number: usize| MachineId::new(format!("w{number}"));
    let machines: Vec<Machine> = (0..workers.len())
        .map(|number| Machine {
            id: id(number),
            kind: None,
            state: MachineState::Running,
            launched_at: Some(0),
            state_since: None,
            own: true,
            health: Health::Unknown,
            unique: None,
            ends_at: None,
        })
        .collect();
    let hosts = workers.iter().enumerate().filter(|(_, worker)| !matches!(worker, Worker::Starting));
    let hosts: Vec<Host> = hosts
        .map(|(number, worker)| Host {
            id: id(number),
            busy: u32::from(matches!(worker, Worker::Working)),
            slots: 1,
            joined_at: 120,
            idle_since: None,
            silent: matches!(worker, Worker::Silent),
        })
        .collect();
    let observation = Observation {
        demand: Reading::Fresh { value: demand },
        machines: Reading::Fresh { value: Cow::Owned(machines) },
        pool: Reading::Fresh { value: Cow::Owned(hosts) },
        ..Observation::unread(now)
    };
    let pass = engine.decide(&observation, memory);
    let mut outcome = Outcome::nothing(now);
    let mut words = Vec::new();
    for (index, decision) in pass.decisions.iter().enumerate() {
        match decision {
            Decision::Launch(launch) => {
                words.push(("start", launch.count as usize));
                outcome.launched.push(Launched { decision: index, machine: MachineId::new(format!("n{now}")) });
            }
            Decision::Terminate(ended) => words.push((ended.reason.word().unwrap(), ended.machines.len())),
            other => panic!("coalition never decides {other:?}"),
        }
    }
    (words, engine.settle(&outcome, pass.memory))
}

fn engine(protection: Protection) -> CoalitionEngine {
    CoalitionEngine::new(CoalitionConfig::default(), protection)
}

fn once(engine: &CoalitionEngine, now: Seconds, waiting: u64, workers: &[Worker]) -> Vec<(&'static str, usize)> {
    round(engine, now, Demand { waiting, unservable: 0 }, workers, engine.start(0, &[])).0
}

#[test]
fn one_worker_a_delay_starts_for_more_jobs_than_workers() {
    let engine = engine(Protection::none());
    let demand = || Demand { waiting: 5, unservable: 0 };
    let (first, memory) = round(&engine, 20, demand(), &[], engine.start(0, &[]));
    assert_eq!(first, [("start", 1)]);
    let (early, memory) = round(&engine, 40, demand(), &[Worker::Starting], memory);
    assert_eq!(early, []);
    assert_eq!(round(&engine, 50, demand(), &[Worker::Starting], memory).0, [("start", 1)]);
    assert_eq!(once(&engine, 50, 9, &[Worker::Working; 3]), []);
}

#[test]
fn all_missing_workers_start_together_with_protection() {
    assert_eq!(once(&engine(Protection::default()), 20, 5, &[]), [("start", 3)]);
}

#[test]
fn busy_workers_are_free_only_without_protection() {
    let workers = [Worker::Working, Worker::Working];
    assert_eq!(once(&engine(Protection::none()), 100, 2, &workers), []);
    assert_eq!(once(&engine(Protection::default()), 100, 2, &workers), [("start", 1)]);
}

#[test]
fn workers_without_a_job_end_when_none_waits_and_their_life_is_over() {
    let engine = engine(Protection::none());
    let workers = [Worker::Starting, Worker::Working, Worker::Waiting, Worker::Silent];
    assert_eq!(once(&engine, 900, 0, &workers), []);
    assert_eq!(once(&engine, 901, 0, &workers), [("starting", 1), ("idle", 1), ("timeout", 1)]);
    assert_eq!(once(&engine, 901, 1, &workers), []);
}

#[test]
fn worker_that_never_comes_up_gives_its_place_free_though_jobs_wait_with_protection() {
    let workers = [Worker::Working, Worker::Starting, Worker::Starting];
    let engine = engine(Protection::default());
    // Three times the 120 s that the first one took.
    assert_eq!(once(&engine, 360, 9, &workers), []);
    assert_eq!(once(&engine, 361, 9, &workers), [("starting", 1), ("starting", 1)]);
}

#[test]
fn jobs_that_no_worker_can_take_start_none_and_keep_none_with_protection() {
    let demand = || Demand { waiting: 0, unservable: 2 };
    for (protection, at_first, at_last) in [
        (Protection::none(), vec![("start", 1)], vec![("start", 1)]),
        (Protection::default(), vec![], vec![("idle", 1)]),
    ] {
        let engine = engine(protection);
        assert_eq!(round(&engine, 20, demand(), &[], engine.start(0, &[])).0, at_first);
        assert_eq!(round(&engine, 2000, demand(), &[Worker::Waiting], engine.start(0, &[])).0, at_last);
    }
}

#[test]
fn start_names_the_market() {
    let config = CoalitionConfig { market: Market::OnDemand, ..CoalitionConfig::default() };
    let engine = CoalitionEngine::new(config, Protection::none());
    let observation = Observation {
        demand: Reading::Fresh { value: Demand { waiting: 1, unservable: 0 } },
        machines: Reading::Fresh { value: Cow::Borrowed(&[]) },
        pool: Reading::Fresh { value: Cow::Borrowed(&[]) },
        ..Observation::unread(20)
    };
    let pass = engine.decide(&observation, engine.start(0, &[]));
    let Some(Decision::Launch(launch)) = pass.decisions.first() else { panic!("no start") };
    assert_eq!(launch.market, Market::OnDemand);
}
