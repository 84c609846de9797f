//! A fleet in a state file, written by the library as its scaler would.

use std::path::PathBuf;

use hoist::elastic::engine::{DrainOwner, MachineId, Memory, Money, Reason};
use hoist::plan::CloudConfig;
use hoist::provider::Offer;
use hoist::scaler::{FleetBatch, FleetEvent, FleetRequest, LaunchIntent, NewWorker, PassRecord, RequestAnswer, Seen};
use hoist::state::{FleetLock, Owner, StateFile};
use jiff::{SignedDuration, Timestamp};

use crate::lab::Lab;

/// The file of the fleet crunch.
pub(crate) const FILE: &str = "[workers]
min = 1
max = 3
jobs_per_worker = 2

[queue]
kind = \"file\"
path = \"jobs\"

[cloud]
provider = \"local\"

[machine]
price = 0.25

[engine]
name = \"elastiq\"

[lease]
length = \"20m\"
grace = \"10m\"
";

/// A fleet that this process holds as its scaler.
pub(crate) struct Held {
    lock: FleetLock,
    begun: Timestamp,
}

impl Held {
    /// Records the fleet crunch in the lab's state file, begun an hour ago.
    pub(crate) fn new(lab: &Lab) -> Self {
        Self::with(lab, FILE)
    }

    /// Does the same with another file.
    pub(crate) fn with(lab: &Lab, file: &str) -> Self {
        lab.file("elastic.toml", file);
        std::fs::create_dir_all(lab.path("state")).unwrap();
        let state = StateFile::open(&lab.state()).unwrap();
        let lock = state.create_fleet(&"crunch".parse().unwrap(), &Owner::current()).unwrap();
        let held = Self { lock, begun: Timestamp::now() - SignedDuration::from_hours(1) };
        let (path, text) = (lab.path("elastic.toml"), file.to_owned());
        held.record(0, configured(path, text));
        held
    }

    /// Records lines at some minutes after the begin.
    pub(crate) fn record(&self, minutes: i64, event: FleetEvent) {
        self.commit(FleetBatch::events(self.at(minutes), vec![event]));
    }

    /// Records a pass.
    pub(crate) fn pass(&self, pass: PassRecord) {
        self.commit(FleetBatch { pass: Some(pass.clone()), ..FleetBatch::events(pass.at, Vec::new()) });
    }

    /// Records what the engine remembers.
    pub(crate) fn remember(&self, memory: Memory) {
        self.commit(FleetBatch { memory: Some(memory.into()), ..FleetBatch::events(Timestamp::now(), Vec::new()) });
    }

    /// Returns a pass at some minutes after the begin that saw waiting jobs and decided nothing.
    pub(crate) fn quiet_pass(&self, number: u64, minutes: i64, waiting: u64) -> PassRecord {
        PassRecord {
            seen: Seen { waiting: Some(waiting), hosts: Some(3), busy: Some(3), ..Seen::default() },
            ..PassRecord::new(number, self.at(minutes), "elastiq", (1, 3))
        }
    }

    /// Intends to launch workers of these names at a minute.
    fn intend(&self, minutes: i64, token: &str, names: &[&str]) -> String {
        let intent = LaunchIntent {
            token: token.to_owned(),
            kind: "machine".into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            offers: vec![Offer::default()],
            slot: None,
            variables: Default::default(),
            expires_at: Timestamp::now() + SignedDuration::from_mins(20),
            price: Some(Money::from_millionths(250_000)),
            owner: "ada@lovelace".to_owned(),
            state: None,
            digest: "digest".to_owned(),
            decision: 0,
            reason: Reason::Queue { waiting: 6, coming: 0, jobs_per_machine: 2, since: self.at(1).as_second() },
        };
        self.record(minutes, FleetEvent::LaunchIntended { intent: Box::new(intent) });
        token.to_owned()
    }

    /// Asks for workers of these names, which the cloud refuses.
    pub(crate) fn refuse_launch(&self, names: &[&str]) {
        let (token, error) = (self.intend(40, "crunch-token-2", names), Some("the quota is used up".to_owned()));
        self.record(41, FleetEvent::Launched { token, workers: Vec::new(), refusals: Vec::new(), error });
    }

    /// Launches workers i-1, i-2, …, which join, and of which the first is drained and gone.
    pub(crate) fn live_through(&self, names: &[&str]) {
        let token = self.intend(2, "crunch-token-1", names);
        let new = |index: usize| NewWorker {
            index,
            id: MachineId::new(format!("i-{}", index + 1)),
            launched_at: self.at(3),
            offer: None,
        };
        let workers: Vec<NewWorker> = (0..names.len()).map(new).collect();
        let machines: Vec<MachineId> = workers.iter().map(|worker| worker.id.clone()).collect();
        self.record(3, FleetEvent::Launched { token, workers, refusals: Vec::new(), error: None });
        self.record(5, FleetEvent::Joined { machines: machines.clone() });
        let first = vec![machines[0].clone()];
        let idle = Some(Reason::Idle { idle: 615, allowed: 300 });
        let drain = FleetEvent::DrainIntended {
            machines: first.clone(),
            by: DrainOwner::Scaler,
            unclaimed_only: true,
            reason: idle,
        };
        self.record(20, drain);
        let ended = FleetEvent::TerminationIntended { machines: first.clone(), reason: Some(Reason::Drained) };
        self.record(21, ended);
        self.record(22, FleetEvent::TerminationAccepted { machines: first.clone() });
        self.record(23, FleetEvent::Gone { machines: first });
    }

    /// Drains a worker for a person.
    pub(crate) fn drain_by_hand(&self, machine: &str) {
        let machines = vec![MachineId::new(machine)];
        let (by, reason) = (DrainOwner::Person, None);
        self.record(30, FleetEvent::DrainIntended { machines, by, unclaimed_only: false, reason });
    }

    /// Answers the request that another process has left; returns it.
    pub(crate) fn answer(&self, answer: &RequestAnswer) -> FleetRequest {
        let journal = self.lock.journal();
        let (number, request) =
            crate::lab::eventually("a request is recorded", || run(journal.requests()).unwrap().into_iter().next());
        run(journal.answer(number, answer, &FleetBatch::events(Timestamp::now(), Vec::new()))).unwrap();
        request
    }

    /// Returns the time so many minutes after the begin.
    pub(crate) fn at(&self, minutes: i64) -> Timestamp {
        self.begun + SignedDuration::from_mins(minutes)
    }

    fn commit(&self, batch: FleetBatch) {
        run(self.lock.journal().record(&batch)).unwrap();
    }
}

fn configured(path: PathBuf, text: String) -> FleetEvent {
    FleetEvent::Configured { path, text, cloud: Box::new(CloudConfig::of("local")), parent: None, parent_service: None }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
