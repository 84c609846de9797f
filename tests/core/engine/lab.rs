//! A simulated cloud whose calls are written down, a plan, and one run of it, driven again and again.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hoist::cloud::sim::{ExecutionLog, FaultKind, SimCloud, SimConfig};
use hoist::engine::{
    Check, DEFAULT_MAX_CONCURRENCY, DriveResult, Driver, DriverError, DriverOptions, Failure, Goal, JournalEntry,
    MemoryRunJournal, Observation, ObservedInstance, Phase, Run, RunEvent, RunStatus, ServiceEvent, StopRequest,
    examine, survey,
};
use hoist::plan::ProgramKind;
use hoist::plan::{Plan, Service};
use hoist::provider::{
    Capabilities, Cloud, CloudError, ExitOutcome, Host, HostError, Infrastructure, Instance, LaunchRequest, Launched,
    RemoteMachine, Selector,
};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::simulated;

/// The run's id, which its machines' tags carry.
pub(crate) const RUN_ID: &str = "test.1";

/// One run in the making, and all that it needs.
pub(crate) struct Lab {
    /// Holds the programs.
    pub(crate) directory: tempfile::TempDir,
    /// The cloud under the run.
    pub(crate) cloud: SimCloud,
    /// What the next drive raises.
    pub(crate) plan: Plan,
    /// The journal so far.
    pub(crate) records: Vec<JournalEntry>,
    /// The run after the last drive.
    pub(crate) run: Run,
    /// What the next drive is bounded by.
    pub(crate) max_concurrency: usize,
    /// What a commit takes.
    pub(crate) commit_delay: Duration,
    /// Commits of the last drive.
    pub(crate) commits: usize,
    /// Notes of the last drive.
    pub(crate) notes: Vec<String>,
    /// What was left at the end of the last drive.
    pub(crate) remains: Vec<String>,
    /// What kept the last drive from going on, by service.
    pub(crate) blocked: Vec<(String, Failure)>,
    /// The terminate programs that failed in the last drive, by service.
    pub(crate) farewells: Vec<(String, Failure)>,
    recorder: Arc<Recorder>,
}

/// A call to the cloud.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Which.
    pub(crate) what: What,
    /// When it began, since the lab began.
    pub(crate) from: Duration,
}

/// What was asked of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Launch(Vec<String>),
    Describe,
    Terminate(Vec<String>),
}

impl Lab {
    /// A lab for a plan with these levels of services; `change` makes the plan what the test needs.
    pub(crate) fn new(config: SimConfig, levels: &[&[&str]], change: impl FnOnce(&mut Plan)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut plan = simulated::plan(directory.path(), levels);
        change(&mut plan);
        let cloud = SimCloud::new(config);
        let (calls, shut) = (Mutex::default(), Mutex::default());
        let recorder = Arc::new(Recorder { cloud: cloud.clone(), began: Instant::now(), calls, shut });
        Self {
            directory,
            cloud,
            run: Run::new(RUN_ID, "test", plan.clone()),
            plan,
            records: Vec::new(),
            max_concurrency: DEFAULT_MAX_CONCURRENCY,
            commit_delay: Duration::from_millis(1),
            commits: 0,
            notes: Vec::new(),
            remains: Vec::new(),
            blocked: Vec::new(),
            farewells: Vec::new(),
            recorder,
        }
    }

    /// Three levels of two services, on a cloud as it is by default.
    pub(crate) fn simple() -> Self {
        Self::new(SimConfig::default(), &[&["a", "b"], &["c", "d"], &["e", "f"]], |_| {})
    }

    /// Where its programs are.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// One command: takes the run as its journal has it, prepares it, and drives it to rest.
    pub(crate) async fn try_go(
        &mut self,
        stop: watch::Receiver<StopRequest>,
        cut: Option<usize>,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> Result<DriveResult, DriverError> {
        let run = Run::replay(RUN_ID, "test", self.plan.clone(), &self.records).expect("the journal is legal");
        let store = Arc::new(MemoryRunJournal::with_records(self.records.clone()).with_commit_delay(self.commit_delay));
        if let Some(cut) = cut {
            store.refuse_after(cut);
        }
        let mut notes = Notes::default();
        let infrastructure = Arc::new(LabPlaces(self.recorder.clone()));
        let options = DriverOptions { owner: "test".to_owned(), max_concurrency: self.max_concurrency };
        let mut driver = Driver::new(run, store.clone(), infrastructure, &mut notes, options);
        let halt = match prepare(&mut driver) {
            Ok(()) => driver.drive(stop).await,
            Err(error) => Err(error),
        };
        self.run = driver.run().clone();
        self.remains = driver.remains().iter().map(|remain| remain.what.clone()).collect();
        (self.blocked, self.farewells) = (driver.blocked(), driver.farewells().to_vec());
        drop(driver);
        self.records = store.records();
        self.commits = store.commits();
        self.notes = notes.0;
        halt
    }

    /// As [`Lab::try_go`], uncut and never stopped.
    pub(crate) async fn go(&mut self, prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>) -> DriveResult {
        let (_keep, stop) = watch::channel(StopRequest::None);
        self.try_go(stop, None, prepare).await.expect("nothing keeps the journal from being written")
    }

    /// `plan boot`.
    pub(crate) async fn boot(&mut self) -> DriveResult {
        self.go(|driver| driver.set_goal(UP)).await
    }

    /// `plan resume`.
    pub(crate) async fn resume(&mut self) -> DriveResult {
        self.go(resume).await
    }

    /// `plan repair`.
    pub(crate) async fn repair(&mut self) -> DriveResult {
        self.go(repair).await
    }

    /// `plan terminate`.
    pub(crate) async fn terminate(&mut self) -> DriveResult {
        self.go(terminate).await
    }

    /// The run as its journal has it, after a drive that was cut.
    pub(crate) fn resync(&mut self) {
        self.run = Run::replay(RUN_ID, "test", self.plan.clone(), &self.records).expect("the journal is legal");
    }

    /// What is there now, with services checked as this plan says.
    pub(crate) async fn seen(&self, plan: &Plan) -> Vec<Observation> {
        let infrastructure: Arc<dyn Infrastructure> = Arc::new(LabPlaces(self.recorder.clone()));
        examine(&self.run.viewed_by(plan), &infrastructure, self.max_concurrency).await
    }

    /// What the cloud shows of the run's machines, with no check made.
    pub(crate) async fn surveyed(&self) -> Vec<Observation> {
        let seen = self.survey().await.into_iter();
        seen.map(|instance| Observation { instance, check: Check::Skipped }).collect()
    }

    /// What the cloud shows of the run's machines.
    pub(crate) async fn survey(&self) -> Vec<ObservedInstance> {
        survey(&self.run, &LabPlaces(self.recorder.clone())).await
    }

    /// From now on neither the cloud nor a host by its address can be had, for this reason.
    pub(crate) fn shut(&self, reason: CloudError) {
        *self.recorder.shut.lock().unwrap() = Some(reason);
    }

    /// Every call to the cloud so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.recorder.calls.lock().unwrap().clone()
    }

    /// The launch calls so far, each with the services that it was for.
    pub(crate) fn launches(&self) -> Vec<Vec<String>> {
        let services = |call: Call| match call.what {
            What::Launch(services) => Some(services),
            _ => None,
        };
        self.calls().into_iter().filter_map(services).collect()
    }

    /// Every execution of a program of this kind, in order.
    pub(crate) fn executed(&self, kind: ProgramKind) -> Vec<ExecutionLog> {
        self.cloud.executed().into_iter().filter(|executed| executed.program == Some(kind)).collect()
    }

    /// The executions of one service's program.
    pub(crate) fn executed_of(&self, kind: ProgramKind, service: &str) -> Vec<ExecutionLog> {
        self.executed(kind).into_iter().filter(|executed| executed.service == service).collect()
    }

    /// The service's phase after the last drive.
    pub(crate) fn phase(&self, service: &str) -> &Phase {
        &self.run.record(self.run.position(service).unwrap()).phase
    }

    /// The service's instance after the last drive.
    pub(crate) fn instance_id(&self, service: &str) -> Option<String> {
        self.run.record(self.run.position(service).unwrap()).instance_id().map(str::to_owned)
    }

    /// The place in the journal of the first change of this service that `test` picks.
    pub(crate) fn first(&self, service: &str, test: impl Fn(&ServiceEvent) -> bool) -> Option<usize> {
        self.records.iter().position(
            |record| matches!(&record.event, RunEvent::Service { service: of, change } if of == service && test(change)),
        )
    }

    /// How many changes of this service `test` picks.
    pub(crate) fn count(&self, service: &str, test: impl Fn(&ServiceEvent) -> bool) -> usize {
        let picked = self.records.iter().filter(
            |record| matches!(&record.event, RunEvent::Service { service: of, change } if of == service && test(change)),
        );
        picked.count()
    }

    /// Every service is ready, and what exists is what is recorded.
    pub(crate) fn assert_up(&self) {
        assert_eq!(self.run.status(), RunStatus::Up);
        self.assert_recorded();
        let machines = self.plan_of_run().services().filter(|(_, service)| service.launch.is_some()).count();
        assert_eq!(self.cloud.alive().len(), machines);
    }

    /// What exists is what is recorded.
    pub(crate) fn assert_recorded(&self) {
        let mut recorded: Vec<&str> = self.run.records().iter().filter_map(|record| record.instance_id()).collect();
        let alive = self.cloud.alive();
        let mut existing: Vec<&str> = alive.iter().map(|launched| launched.instance.id.as_str()).collect();
        recorded.sort_unstable();
        existing.sort_unstable();
        assert_eq!(existing, recorded);
    }

    /// Nothing is left, and that is recorded.
    pub(crate) fn assert_gone(&self) {
        assert_eq!(self.run.status(), RunStatus::Terminated);
        assert_eq!(self.cloud.alive(), []);
    }

    fn plan_of_run(&self) -> &Plan {
        &self.run.plan
    }
}

/// A boot without repairs, each machine launched as early as it can be.
pub(crate) const UP: Goal = Goal::Up { repairs: 0, by_level: false, dependents: false };

/// `plan resume`.
pub(crate) fn resume(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.resume()
}

/// `plan repair`; that it asks the clouds first only makes it find losses sooner.
pub(crate) fn repair(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.repair(&[])
}

/// `plan terminate`.
pub(crate) fn terminate(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.terminate()
}

/// The most of these intervals that overlap at any moment.
pub(crate) fn most_at_once(intervals: impl Iterator<Item = (Duration, Duration)>) -> usize {
    let mut edges: Vec<(Duration, i32)> = intervals.flat_map(|(from, to)| [(from, 1), (to, -1)]).collect();
    // What ends at a moment makes room for what begins at it.
    edges.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, step) in edges {
        now += step;
        most = most.max(now);
    }
    usize::try_from(most).unwrap()
}

/// The simulated cloud, with every call written down.
struct Recorder {
    cloud: SimCloud,
    began: Instant,
    calls: Mutex<Vec<Call>>,
    shut: Mutex<Option<CloudError>>,
}

impl Recorder {
    async fn note<T>(&self, what: What, call: impl Future<Output = T>) -> T {
        let from = self.began.elapsed();
        let answer = call.await;
        self.calls.lock().unwrap().push(Call { what, from });
        answer
    }
}

#[async_trait]
impl Cloud for Recorder {
    fn capabilities(&self) -> Capabilities {
        self.cloud.capabilities()
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        self.note(What::Launch(request.slots.clone()), self.cloud.launch(request)).await
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        self.note(What::Describe, self.cloud.describe(selector)).await
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        self.note(What::Terminate(ids.to_vec()), self.cloud.terminate(ids)).await
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        self.cloud.console(id).await
    }

    fn host(&self, service: &str, instance: &Instance) -> Option<Arc<dyn Host>> {
        self.cloud.host(service, instance)
    }
}

struct LabPlaces(Arc<Recorder>);

impl Infrastructure for LabPlaces {
    fn cloud(&self, _: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        match self.0.shut.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => Ok(self.0.clone()),
        }
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        Ok(self.0.cloud.standing_host(&service.name))
    }

    fn remote(&self, service: &Service, _: &str, _: Option<&RemoteMachine>) -> Result<Arc<dyn Host>, HostError> {
        if let Some(CloudError { message, hint, .. }) = self.0.shut.lock().unwrap().clone() {
            return Err(HostError::failed(message).hint(hint.unwrap_or_default()).kept_out());
        }
        self.this_host(service)
    }
}

/// A program that says nothing and ends with 1.
pub(crate) fn program_fails(program: ProgramKind) -> FaultKind {
    FaultKind::ProgramFails { program, outcome: ExitOutcome::Exit(1), output: String::new() }
}

/// What was told.
#[derive(Default)]
pub(crate) struct Notes(Vec<String>);

impl hoist::engine::Observer for Notes {
    fn recorded(&mut self, _: &Run, _: &[JournalEntry]) {}

    fn note(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}
