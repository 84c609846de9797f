use std::borrow::Cow;
use std::sync::Arc;

use crate::classad::ClassAd;
use crate::elastic::engine::{
    ClassadConfig, ClassadEngine, Decision, DrainOwner, Draining, Engine, Health, JobGroup, KindConfig, Launched,
    Machine, MachineId, MachineState, Memory, Money, Note, Observation, Outcome, Pass, PoolMachine, PoolSlot, Reading,
    Seconds, SlotFigures, SlotKind, SlotState,
};

/// A machine of the world.
#[derive(Clone, Debug)]
pub(super) struct Fake {
    pub(super) id: MachineId,
    pub(super) kind: Arc<str>,
    pub(super) cpus: i64,
    pub(super) memory: i64,
    pub(super) state: MachineState,
    pub(super) own: bool,
    pub(super) launched_at: Seconds,
    /// Time at which it joins. None: never.
    pub(super) joins_at: Option<Seconds>,
    /// Whether the collector shows it.
    pub(super) visible: bool,
    /// Whether a pass has seen it in the pool.
    pub(super) seen: bool,
    pub(super) draining: Option<DrainOwner>,
    /// Number of jobs, of one core each.
    pub(super) claims: u32,
    pub(super) idle_since: Option<Seconds>,
    pub(super) ends_at: Option<Seconds>,
}

/// A cloud and a pool that do what they are told.
pub(super) struct World {
    pub(super) now: Seconds,
    pub(super) engine: ClassadEngine,
    pub(super) memory: Option<Memory>,
    pub(super) machines: Vec<Fake>,
    pub(super) groups: Vec<JobGroup>,
    /// Time from launch to the pool. None: machines never join.
    pub(super) boot: Option<Seconds>,
    pub(super) refuses: bool,
    /// Sources that fail: groups, machines, slots.
    pub(super) fails: [bool; 3],
    launched: usize,
}

/// A kind with so many cores, 1000 MiB for each, at a price in millionths.
pub(super) fn kind(name: &str, cpus: i64, price: i64) -> KindConfig {
    let figures = SlotFigures { cpus, memory: cpus * 1000, ..SlotFigures::default() };
    KindConfig { price_per_hour: Some(Money::from_millionths(price)), ..KindConfig::new(name, figures) }
}

/// A group of jobs of one core.
pub(super) fn group(id: &str, count: u64, requirements: &str, oldest: Seconds) -> JobGroup {
    let text = format!("RequestCpus = 1\nRequestMemory = 500\nRequestDisk = 1000\nRequirements = {requirements}\n");
    JobGroup {
        id: id.into(),
        count,
        hidden: 0,
        ad: Arc::new(ClassAd::from_long_text(&text).unwrap()),
        priority: 0,
        oldest,
        run_time: None,
    }
}

impl World {
    pub(super) fn new(config: ClassadConfig) -> World {
        World {
            now: 10_000,
            engine: ClassadEngine::new(config).unwrap(),
            memory: None,
            machines: Vec::new(),
            groups: Vec::new(),
            boot: Some(120),
            refuses: false,
            fails: [false; 3],
            launched: 0,
        }
    }

    /// Adds a machine that has been in the pool for long.
    pub(super) fn add(&mut self, kind: &str, claims: u32) -> usize {
        let cpus = self.engine.config().kinds.iter().find(|known| &*known.name == kind).unwrap().slots[0].cpus;
        self.launched += 1;
        self.machines.push(Fake {
            id: MachineId::new(format!("i-{:04}", self.launched)),
            kind: kind.into(),
            cpus,
            memory: cpus * 1000,
            state: MachineState::Running,
            own: true,
            launched_at: self.now - 5000,
            joins_at: Some(self.now - 4900),
            visible: true,
            seen: false,
            draining: None,
            claims,
            idle_since: (claims == 0).then_some(self.now),
            ends_at: None,
        });
        self.machines.len() - 1
    }

    /// Adds machines without claims.
    pub(super) fn add_many(&mut self, kind: &str, count: usize) {
        for _ in 0..count {
            self.add(kind, 0);
        }
    }

    fn described(&self) -> Vec<Machine> {
        let machine = |fake: &Fake| Machine {
            id: fake.id.clone(),
            kind: Some(Arc::clone(&fake.kind)),
            state: fake.state,
            launched_at: Some(fake.launched_at),
            state_since: None,
            own: fake.own,
            health: Health::Unknown,
            unique: None,
            ends_at: fake.ends_at,
        };
        self.machines.iter().map(machine).collect()
    }

    fn pool(&self) -> Vec<PoolMachine> {
        let shown = |fake: &&Fake| {
            fake.visible && fake.state == MachineState::Running && fake.joins_at.is_some_and(|at| at <= self.now)
        };
        let machine = |fake: &Fake| {
            let used = i64::from(fake.claims);
            let text = format!(
                "Name = \"slot1@{}\"\nArch = \"X86_64\"\nOpSys = \"LINUX\"\nCpus = {}\nMemory = {}\nDisk = 1000000\n\
                 TotalSlotCpus = {}\nTotalSlotMemory = {}\nTotalSlotDisk = 1000000\n\
                 MachineResources = \"Cpus Memory Disk\"\n\
                 HasFileTransfer = true\nSite = \"{}\"\nStart = {}\nRequirements = START\n",
                fake.id,
                fake.cpus - used,
                fake.memory - used * 512,
                fake.cpus,
                fake.memory,
                fake.kind,
                fake.draining.is_none(),
            );
            let drained = fake.draining.is_some();
            PoolMachine {
                id: fake.id.clone(),
                joined_at: fake.joins_at.unwrap_or(0),
                idle_since: fake.idle_since,
                has_served: fake.claims > 0,
                draining: fake.draining.map(|by| Draining { by, request: None, reason: None }),
                drain_spares_jobs: true,
                slots: vec![PoolSlot {
                    name: "slot1".into(),
                    kind: SlotKind::Partitionable,
                    state: if drained { SlotState::Drained } else { SlotState::Unclaimed },
                    claims: fake.claims,
                    ad: Arc::new(ClassAd::from_long_text(&text).unwrap()),
                }],
            }
        };
        self.machines.iter().filter(shown).map(machine).collect()
    }

    /// Takes a pass: observe, decide, carry out, settle.
    pub(super) fn pass(&mut self) -> Pass {
        let (machines, pool) = (self.described(), self.pool());
        for fake in &mut self.machines {
            fake.seen |= !self.fails[2] && pool.iter().any(|machine| machine.id == fake.id);
        }
        let memory = self.memory.take().unwrap_or_else(|| self.engine.start(self.now, &[]));
        let failed = || "no answer".to_owned();
        let observation = Observation {
            groups: match self.fails[0] {
                true => Reading::Stale { value: Cow::Borrowed(&*self.groups), age: 60 },
                false => Reading::Fresh { value: Cow::Borrowed(&*self.groups) },
            },
            machines: match self.fails[1] {
                true => Reading::Failed { reason: failed() },
                false => Reading::Fresh { value: Cow::Borrowed(&*machines) },
            },
            slots: match self.fails[2] {
                true => Reading::Stale { value: Cow::Borrowed(&*pool), age: 60 },
                false => Reading::Fresh { value: Cow::Borrowed(&*pool) },
            },
            ..Observation::unread(self.now)
        };
        let pass = self.engine.decide(&observation, memory);
        let outcome = self.carry_out(&pass.decisions);
        self.memory = Some(self.engine.settle(&outcome, pass.memory.clone()));
        pass
    }

    /// Takes a pass after some time.
    pub(super) fn pass_after(&mut self, seconds: Seconds) -> Pass {
        self.now += seconds;
        self.pass()
    }

    fn carry_out(&mut self, decisions: &[Decision]) -> Outcome {
        let mut outcome = Outcome::nothing(self.now);
        for (decision, of_pass) in decisions.iter().enumerate() {
            match of_pass {
                Decision::Launch(launch) if self.refuses => outcome.refused += launch.count,
                Decision::Launch(launch) => {
                    for _ in 0..launch.count {
                        let place = self.add(launch.kind.as_deref().unwrap(), 0);
                        let fake = &mut self.machines[place];
                        fake.launched_at = self.now;
                        fake.joins_at = self.boot.map(|boot| self.now + boot);
                        fake.idle_since = None;
                        outcome.launched.push(Launched { decision, machine: fake.id.clone() });
                    }
                }
                Decision::Terminate(termination) => {
                    for fake in self.machines.iter_mut().filter(|fake| termination.machines.contains(&fake.id)) {
                        fake.state = MachineState::Gone;
                        outcome.terminated.push(fake.id.clone());
                    }
                }
                Decision::Drain(drain) => {
                    for fake in self.machines.iter_mut().filter(|fake| drain.machines.contains(&fake.id)) {
                        if fake.claims == 0 || !drain.unclaimed_only {
                            fake.draining = Some(DrainOwner::Scaler);
                            outcome.drained.push(fake.id.clone());
                        }
                    }
                }
                Decision::CancelDrain(cancellation) => {
                    for fake in self.machines.iter_mut().filter(|fake| cancellation.machines.contains(&fake.id)) {
                        assert_eq!(fake.draining.take(), Some(DrainOwner::Scaler), "{}", fake.id);
                        outcome.resumed.push(fake.id.clone());
                    }
                }
            }
        }
        outcome
    }

    /// Returns the number of live machines of a kind, or of all with an empty name.
    pub(super) fn live(&self, kind: &str) -> usize {
        let of_kind = |fake: &&Fake| fake.state.is_live() && (kind.is_empty() || &*fake.kind == kind);
        self.machines.iter().filter(of_kind).count()
    }

    /// Lets jobs of the first group start wherever a core is free.
    pub(super) fn start_jobs(&mut self) {
        let now = self.now;
        for fake in &mut self.machines {
            let open = fake.seen
                && fake.visible
                && fake.state == MachineState::Running
                && fake.draining.is_none()
                && fake.joins_at <= Some(now);
            while open
                && fake.joins_at.is_some()
                && i64::from(fake.claims) < fake.cpus
                && self.groups.first().is_some_and(|group| group.count > 0)
            {
                fake.claims += 1;
                fake.idle_since = None;
                self.groups[0].count -= 1;
            }
        }
    }
}

/// Returns the decisions in words.
pub(super) fn words(pass: &Pass) -> Vec<String> {
    let word = |reason: &crate::elastic::engine::Reason| reason.word().unwrap_or("none");
    let decision = |decision: &Decision| match decision {
        Decision::Launch(launch) => {
            format!("launch {} {} {}", launch.count, launch.kind.as_deref().unwrap_or(""), word(&launch.reason))
        }
        Decision::Terminate(end) => format!("terminate {} {}", end.machines.len(), word(&end.reason)),
        Decision::Drain(drain) => format!("drain {} {}", drain.machines.len(), word(&drain.reason)),
        Decision::CancelDrain(cancel) => format!("cancel {} {}", cancel.machines.len(), word(&cancel.reason)),
    };
    pass.decisions.iter().map(decision).collect()
}

/// Returns the fates of a group.
pub(super) fn fates(pass: &Pass, group: &str) -> Vec<(u64, crate::elastic::engine::Fate)> {
    let placed = pass.notes.iter().find_map(|note| match note {
        Note::Placed(placement) if &*placement.group == group => Some(placement),
        _ => None,
    });
    placed.unwrap().shares.iter().map(|share| (share.jobs, share.fate.clone())).collect()
}
