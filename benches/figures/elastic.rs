//! Passes of the engine `classad` over a large pool, and a large workload to simulate.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist::batch::{SourceAccess, open_source};
use hoist::classad::ClassAd;
use hoist::elastic::engine::{
    ClassadConfig, ClassadEngine, Engine, JobGroup, KindConfig, Machine, MachineId, MachineState, Money, Observation,
    Outcome, PoolMachine, PoolSlot, Reading, SlotFigures, SlotKind, SlotState, Wants,
};
use hoist::elastic::fleet::{FleetQueue, QueueKind};
use hoist_test_support::job_ads::job_ads;

use crate::memory::{forget_peak, megabytes};

/// Number of machines in the pool, each with one partitionable slot.
const MACHINES: usize = 10_000;

/// Number of groups of waiting jobs, and of jobs.
const GROUPS: usize = 500;
const JOBS: u64 = 100_000;

/// Number of shapes of slots.
const SHAPES: usize = 20;

/// A pool with its waiting work, as of `now`.
pub(super) struct Pool {
    now: i64,
    machines: Vec<Machine>,
    slots: Vec<PoolMachine>,
    groups: Vec<JobGroup>,
}

impl Pool {
    /// Makes the pool. Half of the machines are full, the others have a part left, of twenty shapes in all.
    pub(super) fn new() -> Self {
        let now = 1_000_000;
        let ids = (0..MACHINES).map(|number| MachineId::new(format!("i-{number:05}")));
        let ids: Vec<MachineId> = ids.collect();
        let machine = |id: &MachineId| Machine {
            id: id.clone(),
            kind: Some("standard".into()),
            state: MachineState::Running,
            launched_at: Some(now - 7200),
            state_since: Some(now - 7000),
            own: true,
            health: Default::default(),
            unique: None,
            ends_at: None,
        };
        let ads: Vec<Arc<ClassAd>> = (0..SHAPES).map(|shape| Arc::new(slot_ad(shape))).collect();
        let slots = ids.iter().enumerate().map(|(number, id)| PoolMachine {
            id: id.clone(),
            joined_at: now - 6900,
            idle_since: None,
            has_served: true,
            draining: None,
            drain_spares_jobs: true,
            slots: vec![PoolSlot {
                name: format!("slot1@{id}").into(),
                kind: SlotKind::Partitionable,
                state: SlotState::Unclaimed,
                claims: 1,
                ad: ads[number % SHAPES].clone(),
            }],
        });
        let groups = (0..GROUPS).map(|number| JobGroup {
            id: format!("g{number}").into(),
            count: JOBS / GROUPS as u64,
            hidden: 0,
            ad: Arc::new(job_ad(number)),
            priority: (number % 5) as i64,
            oldest: now - 600,
            run_time: (number.is_multiple_of(2)).then_some(1800),
        });
        Self { now, machines: ids.iter().map(machine).collect(), slots: slots.collect(), groups: groups.collect() }
    }

    fn own(&self) -> Vec<MachineId> {
        self.machines.iter().map(|machine| machine.id.clone()).collect()
    }

    fn observation<'a>(&'a self, later: i64, groups: Cow<'a, [JobGroup]>) -> Observation<'a> {
        Observation {
            now: self.now + later,
            began: self.now + later,
            machines: Reading::Fresh { value: Cow::Borrowed(&self.machines) },
            slots: Reading::Fresh { value: Cow::Borrowed(&self.slots) },
            groups: Reading::Fresh { value: groups },
            ..Observation::unread(self.now + later)
        }
    }
}

/// How long passes take, and what they need.
pub(super) struct Passes {
    /// Of the first one, which knows nothing.
    pub(super) first: Duration,
    /// Of a later one.
    pub(super) later: Duration,
    /// The most memory that the process has had meanwhile, the pool's included, in MB.
    pub(super) peak: u64,
}

/// Makes passes over the pool.
pub(super) fn passes(pool: &Pool) -> Passes {
    forget_peak();
    let engine = engine();
    let mut memory = engine.start(pool.now - 15, &pool.own());
    let mut took = [Duration::ZERO; 4];
    for (later, took) in (0..).step_by(15).zip(&mut took) {
        let observation = pool.observation(later, Cow::Borrowed(&pool.groups));
        let begun = Instant::now();
        let pass = engine.decide(&observation, memory);
        memory = engine.settle(&Outcome::nothing(observation.now), pass.memory);
        *took = begun.elapsed();
    }
    Passes { first: took[0], later: took[3], peak: megabytes(std::process::id(), "VmHWM") }
}

/// Writes as many jobs, an ad each.
pub(super) fn write_single_ads(directory: &Path) -> PathBuf {
    let path = directory.join("jobs.json");
    std::fs::write(&path, job_ads(JOBS as usize)).expect("the ads can be written");
    path
}

/// Reads the jobs of a file and makes the first pass with them.
pub(super) fn pass_of_single_ads(pool: &Pool, file: &Path) {
    let mut queue = FleetQueue::new(QueueKind::File);
    queue.path = Some(file.display().to_string());
    let source = open_source(&queue, &SourceAccess::default()).expect("a file needs nothing else");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let wants = Wants { demand: true, groups: true, ..Wants::default() };
    let groups = runtime.block_on(source.read(wants, pool.now)).groups;
    let groups = groups.fresh().expect("the file is there");
    assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), JOBS);
    let engine = engine();
    engine.decide(&pool.observation(0, Cow::Borrowed(groups)), engine.start(pool.now - 15, &pool.own()));
}

fn engine() -> ClassadEngine {
    let figures = |cpus: i64| SlotFigures { cpus, memory: cpus * 4000, ..SlotFigures::default() };
    let kind = |name: &str, cpus: i64, price: i64| KindConfig {
        price_per_hour: Some(Money::from_millionths(price)),
        ..KindConfig::new(name, figures(cpus))
    };
    let config = ClassadConfig {
        max: 20_000,
        launches_per_minute: None,
        kinds: vec![kind("standard", 16, 700_000), kind("large", 64, 3_000_000), kind("small", 4, 190_000)],
        ..ClassadConfig::default()
    };
    ClassadEngine::new(config).expect("the settings are valid")
}

/// A slot with what is left of it: every second shape has nothing.
fn slot_ad(shape: usize) -> ClassAd {
    let left = if shape.is_multiple_of(2) { 0 } else { shape / 2 + 1 };
    let text = format!(
        "Arch = \"X86_64\"\nOpSys = \"LINUX\"\nCpus = {left}\nTotalSlotCpus = 16\nMemory = {}\nTotalSlotMemory = 64000\n\
         Disk = 100000000\nTotalSlotDisk = 100000000\nFileSystemDomain = \"pool\"\nHasFileTransfer = true\nHasDocker = {}\n\
         Start = true\nRequirements = START\n",
        left * 4000,
        shape.is_multiple_of(3)
    );
    ClassAd::from_long_text(&text).expect("the ad is valid")
}

/// A job with requirements as condor_submit writes them.
fn job_ad(number: usize) -> ClassAd {
    let docker = if number.is_multiple_of(7) { " && (TARGET.HasDocker)" } else { "" };
    let text = format!(
        "RequestCpus = {}\nRequestMemory = {}\nRequestDisk = 1024\nFileSystemDomain = \"submit\"\nOwner = \"user{}\"\n\
         Requirements = (TARGET.Arch == \"X86_64\") && (TARGET.OpSys == \"LINUX\") && (TARGET.Disk >= RequestDisk) && \
         (TARGET.Memory >= RequestMemory) && (TARGET.Cpus >= RequestCpus) && ((TARGET.FileSystemDomain == \
         MY.FileSystemDomain) || (TARGET.HasFileTransfer)){docker}\n",
        1 + number % 8,
        500 * (1 + number % 16),
        number % 25
    );
    ClassAd::from_long_text(&text).expect("the ad is valid")
}

/// Writes a workload of 1,000,000 jobs over 30 days, of 200 shapes.
pub(super) fn write_workload(directory: &Path) -> PathBuf {
    const DAYS: u64 = 30;
    let mut lines = String::with_capacity(64 << 20);
    // A fixed sequence: the same workload on every machine.
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for number in 0..1_000_000_u64 {
        let at = number * DAYS * 86_400 / 1_000_000;
        let shape = next(200);
        let (cpus, memory) = (1 + shape % 8, 500 * (1 + shape / 8));
        let _ = writeln!(
            lines,
            "{{\"at\": {at}, \"run\": {}, \"cpus\": {cpus}, \"memory\": \"{memory}M\"}}",
            60 + next(3600)
        );
    }
    let path = directory.join("million.jsonl");
    std::fs::write(&path, lines).expect("the workload can be written");
    path
}
