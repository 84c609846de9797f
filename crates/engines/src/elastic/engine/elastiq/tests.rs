use std::borrow::Cow;

use super::super::decision::{Decision, Termination};
use super::super::interface::Engine;
use super::super::limit::Limit;
use super::super::machine::{Health, Host, Machine, MachineId, MachineState};
use super::super::memory::Memory;
use super::super::note::Note;
use super::super::observation::{Demand, Observation};
use super::super::outcome::{Launched, Outcome};
use super::super::protection::Protection;
use super::super::reading::Reading;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::{ElastiqConfig, ElastiqEngine};

/// A world of few machines, and an engine on it.
struct Fleet {
    engine: ElastiqEngine,
    memory: Option<Memory>,
    waiting: u64,
    unservable: u64,
    machines: Vec<Machine>,
    hosts: Vec<Host>,
    pool_answers: bool,
    /// Time that the end of machines takes.
    end_takes: Seconds,
    notes: Vec<Note>,
}

impl Fleet {
    fn new(config: ElastiqConfig, protection: Protection) -> Fleet {
        let engine = ElastiqEngine::new(config, protection);
        let memory = Some(engine.start(0, &[]));
        Fleet {
            engine,
            memory,
            waiting: 0,
            unservable: 0,
            machines: Vec::new(),
            hosts: Vec::new(),
            pool_answers: true,
            end_takes: 0,
            notes: Vec::new(),
        }
    }

    fn machine(&mut self, id: &str, state: MachineState, own: bool, launched_at: Seconds) {
        self.machines.push(Machine {
            id: MachineId::new(id),
            kind: None,
            state,
            launched_at: Some(launched_at),
            state_since: None,
            own,
            health: Health::Unknown,
            unique: None,
            ends_at: None,
        });
    }

    fn host(&mut self, id: &str, busy: u32, joined_at: Seconds) {
        let idle_since = (busy == 0).then_some(joined_at);
        self.hosts.push(Host { id: MachineId::new(id), busy, slots: 4, joined_at, idle_since, silent: false });
    }

    /// Lets the engine pass at `now`, carries everything out, and returns the decisions.
    fn pass(&mut self, now: Seconds) -> Vec<Decision> {
        let mut all = Vec::new();
        let mut memory = self.memory.take().unwrap();
        let mut now = now;
        loop {
            let pool = if self.pool_answers {
                Reading::Fresh { value: Cow::Owned(self.hosts.clone()) }
            } else {
                Reading::Failed { reason: "no collector".into() }
            };
            let observation = Observation {
                now,
                began: now,
                demand: Reading::Fresh { value: Demand { waiting: self.waiting, unservable: self.unservable } },
                machines: Reading::Fresh { value: Cow::Owned(self.machines.clone()) },
                pool,
                ..Observation::unread(now)
            };
            let pass = self.engine.decide(&observation, memory);
            let mut outcome = Outcome::nothing(now);
            for (index, decision) in pass.decisions.iter().enumerate() {
                match decision {
                    Decision::Launch(launch) => {
                        for _ in 0..launch.count {
                            let id = format!("m{}", self.machines.len() + 1);
                            self.machine(&id, MachineState::Pending, true, now);
                            outcome.launched.push(Launched { decision: index, machine: MachineId::new(id) });
                        }
                    }
                    Decision::Terminate(Termination { machines, .. }) => {
                        now += self.end_takes;
                        outcome.now = now;
                        for ended in machines {
                            let machine = self.machines.iter_mut().find(|machine| machine.id == *ended).unwrap();
                            machine.state = MachineState::Terminating;
                            outcome.terminated.push(ended.clone());
                        }
                    }
                    other => panic!("elastiq never decides {other:?}"),
                }
            }
            memory = self.engine.settle(&outcome, pass.memory);
            self.notes.extend(pass.notes);
            all.extend(pass.decisions);
            if !self.engine.unfinished(&memory) {
                break;
            }
        }
        self.memory = Some(memory);
        all
    }

    /// Passes every 5 s and returns the times and words of what was decided, with the numbers of machines.
    fn run(&mut self, from: Seconds, to: Seconds) -> Vec<(Seconds, &'static str, usize)> {
        let mut found = Vec::new();
        for now in (from..=to).step_by(5) {
            for decision in self.pass(now) {
                found.push(match decision {
                    Decision::Launch(launch) => (now, launch.reason.word().unwrap(), launch.count as usize),
                    Decision::Terminate(ended) => (now, ended.reason.word().unwrap(), ended.machines.len()),
                    other => panic!("elastiq never decides {other:?}"),
                });
            }
        }
        found
    }
}

fn config() -> ElastiqConfig {
    ElastiqConfig { waiting_threshold: 1, deploy_time: 300, idle_for: 600, ..ElastiqConfig::default() }
}

#[test]
fn queue_grows_the_fleet_after_more_than_the_waiting_time_and_up_to_the_maximum() {
    let mut fleet = Fleet::new(config(), Protection::none());
    fleet.waiting = 20;
    assert_eq!(fleet.run(0, 60), [(45, "queue", 3)]);
    let by = Limit::Maximum { maximum: 3, live: 0 };
    assert!(fleet.notes.contains(&Note::StartLimited { reason: "queue".into(), wanted: 5, allowed: 3, by }));
}

#[test]
fn reason_of_growth_carries_its_numbers() {
    let mut fleet = Fleet::new(config(), Protection::none());
    fleet.waiting = 6;
    fleet.run(0, 40);
    let decisions = fleet.pass(45);
    let Some(Decision::Launch(launch)) = decisions.first() else { panic!("no launch: {decisions:?}") };
    assert_eq!(launch.reason, Reason::Queue { waiting: 6, coming: 0, jobs_per_machine: 4, since: 0 });
}

#[test]
fn empty_queue_starts_no_clock_at_threshold_zero() {
    let mut fleet = Fleet::new(ElastiqConfig { waiting_threshold: 0, ..config() }, Protection::none());
    fleet.run(0, 100);
    fleet.waiting = 4;
    assert_eq!(fleet.run(105, 150), [(150, "queue", 1)]);
}

#[test]
fn machine_that_has_joined_is_no_longer_coming() {
    let mut fleet = Fleet::new(config(), Protection::none());
    fleet.waiting = 4;
    assert_eq!(fleet.run(0, 60), [(45, "queue", 1)]);
    fleet.machines[0].state = MachineState::Running;
    fleet.host("m1", 4, 80);
    // Seen at 90; four jobs that still wait are new ones.
    assert_eq!(fleet.run(65, 135), [(135, "queue", 1)]);
}

#[test]
fn idle_machines_end_but_not_below_the_minimum_and_standing_computers_never() {
    let mut fleet = Fleet::new(ElastiqConfig { minimum: 1, ..config() }, Protection::none());
    fleet.machine("a", MachineState::Running, true, 0);
    fleet.machine("b", MachineState::Running, true, 0);
    fleet.host("a", 0, 0);
    fleet.host("b", 0, 0);
    fleet.host("standing", 0, 0);
    assert_eq!(fleet.run(0, 700), [(630, "idle", 1)]);
    assert_eq!(fleet.machines[0].state, MachineState::Terminating);
    assert!(fleet.notes.contains(&Note::IdleKept { idle: 2, ended: 1, minimum: 1 }));
}

#[test]
fn failed_machine_is_replaced_in_the_same_pass() {
    let mut fleet = Fleet::new(config(), Protection::none());
    fleet.machine("a", MachineState::Error, true, 0);
    assert_eq!(fleet.run(0, 0), [(0, "error", 1), (0, "error", 1)]);
    assert_eq!(fleet.machines[1].state, MachineState::Pending);
}

#[test]
fn without_protection_a_stale_list_ends_a_working_machine_and_with_it_the_pool_is_asked_first() {
    for (protection, expected) in
        [(Protection::none(), vec![(345, "never_joined", 1)]), (Protection::default(), vec![])]
    {
        let mut fleet = Fleet::new(config(), protection);
        fleet.waiting = 4;
        fleet.run(0, 60);
        fleet.waiting = 0;
        fleet.pool_answers = false;
        fleet.machines[0].state = MachineState::Running;
        fleet.host("m1", 4, 80);
        assert_eq!(fleet.run(65, 345), expected);
        fleet.pool_answers = true;
        assert_eq!(fleet.run(350, 400), []);
    }
}

#[test]
fn machines_that_never_join_are_launched_more_and_more_rarely() {
    let mut fleet = Fleet::new(config(), Protection::default());
    fleet.waiting = 8;
    let launched: usize =
        fleet.run(0, 10_800).iter().filter(|(_, word, _)| *word == "queue").map(|(.., count)| count).sum();
    assert!((4..=12).contains(&launched), "{launched} machines");
}

#[test]
fn a_launch_whose_machines_do_not_join_is_one_failure_however_long_their_ends_take() {
    for end_takes in [0, 1, 3] {
        let mut fleet = Fleet { end_takes, ..Fleet::new(config(), Protection::default()) };
        fleet.waiting = 8;
        let mut allowed: Vec<(Seconds, usize)> = Vec::new();
        for now in (0..=10_800).step_by(5) {
            for decision in fleet.pass(now) {
                let Decision::Terminate(Termination { reason: Reason::NeverJoined { allowed: time }, .. }) = decision
                else {
                    continue;
                };
                match allowed.last_mut() {
                    Some((known, count)) if *known == time => *count += 1,
                    _ => allowed.push((time, 1)),
                }
            }
        }
        // The first launch is of several, and those after it get twice the time of the ones before.
        assert!(allowed[0].1 > 1, "{allowed:?}");
        let times: Vec<Seconds> = allowed.iter().map(|(time, _)| *time).take(3).collect();
        assert_eq!(times, [300, 600, 1200], "{end_takes}");
    }
}

#[test]
fn maximum_of_zero_is_no_limit_without_protection_and_no_machine_with_it() {
    for (protection, expected) in [(Protection::none(), vec![(45, "queue", 25)]), (Protection::default(), vec![])] {
        let mut fleet = Fleet::new(ElastiqConfig { maximum: 0, ..config() }, protection);
        fleet.waiting = 100;
        assert_eq!(fleet.run(0, 60), expected);
    }
}

#[test]
fn jobs_that_no_machine_can_serve_are_no_demand_with_protection() {
    for (protection, expected) in [(Protection::none(), vec![(45, "queue", 2)]), (Protection::default(), vec![])] {
        let mut fleet = Fleet::new(config(), protection);
        fleet.unservable = 8;
        assert_eq!(fleet.run(0, 60), expected);
    }
}

#[test]
fn foreign_machines_are_neither_counted_in_the_quota_nor_ended_with_protection() {
    let mut fleet = Fleet::new(config(), Protection::default());
    for id in ["x", "y", "z"] {
        fleet.machine(id, MachineState::Running, false, 0);
        fleet.host(id, 0, 0);
    }
    fleet.waiting = 12;
    assert_eq!(fleet.run(0, 45), [(45, "queue", 3)]);
    fleet.waiting = 0;
    fleet.run(50, 1000);
    assert!(fleet.machines[..3].iter().all(|machine| machine.state == MachineState::Running));
}

#[test]
fn stored_memory_continues_where_it_was() {
    let mut fleet = Fleet::new(config(), Protection::none());
    fleet.waiting = 4;
    fleet.run(0, 40);
    let stored = serde_json::to_string(&fleet.memory.take().unwrap()).unwrap();
    fleet.memory = Some(serde_json::from_str(&stored).unwrap());
    assert_eq!(fleet.run(45, 45), [(45, "queue", 1)]);
}

#[test]
fn restart_without_memory_finds_coming_machines_with_protection() {
    for (protection, expected) in [(Protection::none(), vec![(145, "queue", 1)]), (Protection::default(), vec![])] {
        let mut fleet = Fleet::new(config(), protection);
        fleet.machine("m1", MachineState::Pending, true, 45);
        fleet.memory = Some(fleet.engine.start(100, &[MachineId::new("m1")]));
        fleet.waiting = 4;
        assert_eq!(fleet.run(100, 150), expected);
    }
}
