//! A fleet in virtual time.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hoist::cloud::sim::{SimCloud, SimConfig};
use hoist::elastic::engine::{Decision, Money};
use hoist::elastic::fleet::FleetFile;
use hoist::plan::CloudConfig;
use hoist::provider::{Clock, InstanceSpec, Offer};
use hoist::scaler::{
    FleetBatch, FleetEvent, FleetId, FleetJournal as _, FleetPhase, KindSpec, KindSpecs, MemoryFleetJournal,
    PassRecord, Scaler, ScalerError, ScalerParts, WorkerPhase,
};
use jiff::{SignedDuration, Timestamp};

use super::watched_cloud::WatchedCloud;
use super::world::{Job, World};

/// A fleet, its world and its journal.
pub(crate) struct Lab {
    pub(crate) world: Arc<World>,
    pub(crate) cloud: Arc<WatchedCloud>,
    pub(crate) journal: Arc<MemoryFleetJournal>,
    pub(crate) clock: Clock,
    pub(crate) file: FleetFile,
    pub(crate) text: String,
    pub(crate) kinds: KindSpecs,
    pub(crate) start: Timestamp,
}

/// Returns a fleet file.
pub(crate) fn file_text(min: u32, max: u32, engine: &str, more: &str) -> String {
    let queue = match engine.contains("coalition") {
        true => "kind = \"coalition\"\nurl = \"http://127.0.0.1:1\"",
        false => "kind = \"htcondor\"",
    };
    format!(
        "[workers]\nmin = {min}\nmax = {max}\njobs_per_worker = 4\nidle = \"5m\"\nwaiting_time = \"10s\"\n\
         deploy_time = \"10m\"\n[queue]\n{queue}\n[cloud]\nprovider = \"local\"\n\
         [machine]\ncpus = 4\nmemory = \"4G\"\nprice = 0.5\n[engine]\n{engine}\n{more}\n"
    )
}

pub(crate) fn parse(text: &str) -> FleetFile {
    FleetFile::parse(text, Path::new("/etc/hoist/elastic.toml"))
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// Returns a kind with this user data.
pub(crate) fn kinds(user_data: &str) -> KindSpecs {
    let machine = InstanceSpec { offers: vec![Offer::default()], ..InstanceSpec::default() };
    let price = Money::from_units(0.5);
    [("machine".to_owned(), KindSpec { machine, user_data: Some(user_data.into()), price })].into()
}

impl Lab {
    pub(crate) async fn new(text: &str, jobs: Vec<Job>) -> Self {
        Self::with(text, jobs, SimConfig::default(), true).await
    }

    pub(crate) async fn with(text: &str, jobs: Vec<Job>, config: SimConfig, renews: bool) -> Self {
        let clock = Clock::start();
        // At the begin of a second, so that times of the journal and of the pool compare, and lives are alike.
        let fraction = Duration::from_nanos(u64::try_from(clock.now().subsec_nanosecond()).unwrap());
        tokio::time::sleep(Duration::from_secs(1) - fraction).await;
        let start = clock.now();
        let sim = SimCloud::new(SimConfig { epoch: start, ..config });
        let shift = |job: Job| Job { at: start.as_second() + job.at, ..job };
        let world = World::new(sim.clone(), jobs.into_iter().map(shift).collect());
        let file = parse(text);
        let max = file.schedules.iter().filter_map(|schedule| schedule.max).chain([file.workers.max]).max();
        let cloud = Arc::new(WatchedCloud {
            sim,
            world: world.clone(),
            max: AtomicUsize::new(max.unwrap() as usize),
            down: AtomicBool::new(false),
            renews,
            notice: AtomicU64::new(0),
            rush: AtomicU64::new(0),
        });
        let id = FleetId { name: "lab".parse().unwrap(), nonce: "0123456789ab".into() };
        let journal = MemoryFleetJournal::new(id, start);
        let line = FleetEvent::Configured {
            path: "/etc/hoist/elastic.toml".into(),
            text: text.to_owned(),
            cloud: Box::new(CloudConfig::default()),
            parent: Some("run-1".into()),
            parent_service: None,
        };
        journal.record(&FleetBatch::events(start, vec![line])).await.unwrap();
        let kinds = kinds("#!/bin/sh\necho %fleet% %kind% %grace%\n");
        Self { world, cloud, journal: Arc::new(journal), clock, file, text: text.to_owned(), kinds, start }
    }

    /// Records lines, as an earlier scaler did.
    pub(crate) async fn record(&self, lines: &[FleetEvent]) {
        self.journal.record(&FleetBatch::events(self.clock.now(), lines.to_vec())).await.unwrap();
    }

    pub(crate) fn parts(&self) -> ScalerParts {
        ScalerParts {
            fleet: self.journal.fleet(),
            memory: self.journal.memory(),
            passes: self.journal.passes().last().map_or(0, |pass| pass.number + pass.repeats),
            file: self.file.clone(),
            journal: self.journal.clone(),
            cloud: self.cloud.clone(),
            source: Some(self.world.clone()),
            machines: self.kinds.clone(),
            clock: self.clock,
            owner: "ada@lovelace".into(),
            state: Some("/state".into()),
        }
    }

    pub(crate) async fn scaler(&self) -> Result<Scaler, ScalerError> {
        Scaler::start(self.parts()).await
    }

    /// Takes over the journal of a scaler that died.
    pub(crate) fn take_over(&mut self) {
        self.journal = Arc::new(self.journal.taken_over());
    }

    pub(crate) fn set_max(&self, max: usize) {
        self.cloud.max.store(max, Ordering::Relaxed);
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.cloud.down.store(down, Ordering::Relaxed);
    }

    /// From now on many jobs come while machines are ended, for which the cloud takes so many seconds.
    pub(crate) fn set_rush(&self, seconds: u64) {
        self.cloud.rush.store(seconds, Ordering::Relaxed);
    }

    /// From now on machines learn of their leases so many seconds later.
    pub(crate) fn set_notice(&self, seconds: u64) {
        self.cloud.notice.store(seconds, Ordering::Relaxed);
    }

    /// Returns the seconds since the start.
    pub(crate) fn elapsed(&self) -> i64 {
        self.clock.now().duration_since(self.start).as_secs()
    }

    /// Runs passes when they are due, for so many seconds.
    pub(crate) async fn run(&self, scaler: &mut Scaler, seconds: i64) -> Result<(), ScalerError> {
        let end = self.clock.now() + SignedDuration::from_secs(seconds);
        loop {
            let due = scaler.next_due().min(end);
            self.sleep_until(due).await;
            if self.clock.now() >= end {
                return Ok(());
            }
            scaler.take_requests().await?;
            scaler.pass().await?;
        }
    }

    pub(crate) async fn sleep_until(&self, due: Timestamp) {
        let pause = due.duration_since(self.clock.now());
        tokio::time::sleep(Duration::try_from(pause).unwrap_or_default() + Duration::from_millis(1)).await;
    }

    pub(crate) fn alive(&self) -> usize {
        self.cloud.sim.alive().len()
    }

    /// Returns the passes of the last so many seconds.
    pub(crate) fn passes_since(&self, seconds: i64) -> Vec<PassRecord> {
        let since = self.clock.now() - SignedDuration::from_secs(seconds);
        self.journal.passes().into_iter().filter(|pass| pass.at >= since).collect()
    }

    pub(crate) fn decisions_since(&self, seconds: i64) -> Vec<Decision> {
        self.passes_since(seconds).into_iter().flat_map(|pass| pass.decisions).collect()
    }

    /// Checks what must hold at any time: the journal and the cloud agree, and nothing was done that may not be.
    pub(crate) fn check(&self) {
        let violations = self.world.violations();
        assert!(violations.is_empty(), "{violations:?}");
        assert_eq!(self.world.interrupted(), 0, "jobs were interrupted");
        self.check_memory();
    }

    /// Checks that the engine remembers no more than its workers are worth.
    pub(crate) fn check_memory(&self) {
        let memory = serde_json::to_string(&self.journal.memory()).unwrap();
        let workers = self.journal.fleet().workers.len();
        assert!(memory.len() <= 4_000 + 1_000 * workers, "{workers} workers: {} bytes {memory:.4000}", memory.len());
    }

    /// Checks that each live machine is a worker by the journal, and each live worker lives.
    pub(crate) fn check_ledger(&self) {
        let fleet = self.journal.fleet();
        let known: BTreeSet<String> = fleet
            .workers
            .values()
            .filter(|worker| worker.phase < WorkerPhase::Terminating)
            .map(|worker| worker.id.to_string())
            .collect();
        let alive: BTreeSet<String> = self.cloud.sim.alive().into_iter().map(|launch| launch.instance.id).collect();
        assert!(fleet.launching.is_empty(), "{:?}", fleet.launching);
        assert_eq!(known, alive);
        self.check_names();
    }

    /// Checks that no name was launched twice, and none that was not announced.
    pub(crate) fn check_names(&self) {
        let names: Vec<String> = self.cloud.sim.launched().into_iter().map(|launch| launch.service).collect();
        let unique: BTreeSet<&String> = names.iter().collect();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        let announced: usize = self.journal.lines().iter().map(|(_, line)| line.asked()).sum();
        assert!(names.len() <= announced, "{names:?}");
    }

    /// Stops the fleet and checks that nothing is left.
    pub(crate) async fn stop(&self, scaler: &mut Scaler) -> Result<(), ScalerError> {
        self.journal.request(hoist::scaler::FleetRequest::Stop { keep_workers: false, now: false });
        for _ in 0..200 {
            self.run(scaler, 60).await?;
            if scaler.is_over() {
                break;
            }
        }
        assert!(scaler.is_over(), "{:#?}", scaler.fleet());
        assert_eq!(self.journal.fleet().phase, FleetPhase::Ended);
        assert_eq!(self.alive(), 0);
        Ok(())
    }
}

/// Returns so many jobs that come together.
pub(crate) fn burst(at: i64, count: usize, length: i64) -> Vec<Job> {
    vec![Job { at, length }; count]
}
