//! What the tests of fleets in the state file share: lines, passes and batches.

use std::collections::BTreeMap;

use hoist::elastic::engine::{Decision, DrainOwner, Launch, MachineId, Memory, Money, Note, Outcome, Reason};
use hoist::engine::JournalError;
use hoist::plan::CloudConfig;
use hoist::provider::{CapacityError, Offer};
use hoist::scaler::{
    FleetBatch, FleetEvent, FleetJournal, FleetName, FleetRequest, LaunchIntent, NewWorker, Overrides, PassRecord,
    RequestAnswer, ScalerMemory, Seen,
};
use hoist::state::{FleetLock, Owner, StateFile};
use jiff::Timestamp;
use serde_json::json;

pub(crate) fn fleet_name(name: &str) -> FleetName {
    name.parse().unwrap()
}

/// A time in seconds after the first line.
pub(crate) fn second(seconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(1_800_000_000_123_456_789 + i128::from(seconds) * 1_000_000_000).unwrap()
}

pub(crate) fn machines(ids: &[&str]) -> Vec<MachineId> {
    ids.iter().map(|id| MachineId::new(*id)).collect()
}

pub(crate) fn launch(token: &str, count: usize) -> FleetEvent {
    let offer = Offer { spot: true, instance_type: Some("small".to_owned()), zone: Some("a".to_owned()), subnet: None };
    let intent = LaunchIntent {
        token: token.to_owned(),
        decision: 0,
        kind: "worker".into(),
        names: (0..count).map(|index| format!("night-{token}-{index}")).collect(),
        offers: vec![offer],
        slot: Some("frontend".into()),
        variables: BTreeMap::from([("port".to_owned(), json!(80))]),
        expires_at: second(1800),
        price: Some(Money::from_millionths(42_500)),
        owner: "ada@lovelace".to_owned(),
        state: Some("0123456789abcdef0123456789abcdef".to_owned()),
        digest: "d1".to_owned(),
        reason: Reason::Error { failed: 1 },
    };
    FleetEvent::LaunchIntended { intent: Box::new(intent) }
}

fn worker(index: usize, id: &str) -> NewWorker {
    NewWorker { index, id: MachineId::new(id), launched_at: second(2), offer: None }
}

pub(crate) fn launched(token: &str, ids: &[&str]) -> FleetEvent {
    let workers = ids.iter().enumerate().map(|(index, id)| worker(index, id)).collect();
    FleetEvent::Launched { token: token.to_owned(), workers, refusals: Vec::new(), error: None }
}

/// Every kind of line of a fleet's journal, from its beginning to its end.
pub(crate) fn fleet_journal() -> Vec<FleetEvent> {
    let offer = Offer { spot: true, instance_type: Some("small".to_owned()), zone: None, subnet: None };
    let refusals = vec![CapacityError { offer, reason: "there is none".to_owned() }];
    let because = || Some(Reason::Idle { idle: 700, allowed: 600 });
    let end = |ids: &[&str]| FleetEvent::TerminationIntended { machines: machines(ids), reason: because() };
    let drain = |ids: &[&str], by, reason| FleetEvent::DrainIntended {
        machines: machines(ids),
        by,
        unclaimed_only: true,
        reason,
    };
    let cloud =
        CloudConfig { provider: "ec2".to_owned(), region: Some("us-east-1".to_owned()), ..CloudConfig::default() };
    vec![
        FleetEvent::Configured {
            path: "/fleets/night.toml".into(),
            text: "name = \"night\"\n".to_owned(),
            cloud: Box::new(cloud),
            parent: Some("web.0123456789ab".to_owned()),
            parent_service: None,
        },
        FleetEvent::Overridden {
            overrides: Overrides {
                min: Some(1),
                max: Some(9),
                count: None,
                engine: Some("classad".to_owned()),
                paused: true,
            },
        },
        launch("t-1", 3),
        FleetEvent::Launched {
            token: "t-1".to_owned(),
            workers: vec![worker(0, "i-1"), worker(1, "i-2")],
            refusals,
            error: None,
        },
        FleetEvent::Adopted { token: "t-1".to_owned(), worker: worker(2, "i-3") },
        FleetEvent::Joined { machines: machines(&["i-1", "i-2"]) },
        drain(&["i-1", "i-2"], DrainOwner::Scaler, because()),
        FleetEvent::DrainRefused { machines: machines(&["i-2"]), error: "it has a claim".to_owned() },
        FleetEvent::DrainCancelled { machines: machines(&["i-1"]), reason: None },
        drain(&["i-1"], DrainOwner::Person, None),
        end(&["i-1"]),
        FleetEvent::TerminationRefused { machines: machines(&["i-1"]), error: "not now".to_owned() },
        end(&["i-1"]),
        FleetEvent::TerminationAccepted { machines: machines(&["i-1"]) },
        FleetEvent::Gone { machines: machines(&["i-1"]) },
        FleetEvent::Renewed { machines: machines(&["i-2", "i-3"]), until: second(3600) },
        launch("t-2", 1),
        FleetEvent::Launched {
            token: "t-2".to_owned(),
            workers: Vec::new(),
            refusals: Vec::new(),
            error: Some("no such image".to_owned()),
        },
        FleetEvent::StopIntended { keep_workers: true, now: false },
        FleetEvent::TerminationIntended { machines: machines(&["i-2"]), reason: None },
        FleetEvent::Ended { kept: machines(&["i-3"]) },
    ]
}

/// A pass that decides nothing, at as many seconds as its number says.
pub(crate) fn pass(number: u64, waiting: u64) -> PassRecord {
    PassRecord {
        seen: Seen { waiting: Some(waiting), ..Seen::default() },
        notes: vec![Note::Unservable { jobs: 2 }],
        ..PassRecord::new(number, second(number.cast_signed()), "classad", (0, 9))
    }
}

/// A pass that launches a machine, before and after its call.
pub(crate) fn acting_pass(number: u64, is_settled: bool) -> PassRecord {
    let outcome = is_settled.then(|| Outcome { refused: 1, ..Outcome::nothing(number.cast_signed()) });
    let decisions = vec![Decision::Launch(Launch::plain(1, Reason::Error { failed: 1 }))];
    PassRecord { decisions, outcome, ..pass(number, 2) }
}

/// A scaler's memory that differs by this number.
pub(crate) fn memory(number: usize) -> ScalerMemory {
    let mut memory = serde_json::to_value(Memory::Npreserving(Box::default())).unwrap();
    memory["slots"] = json!({ "frontend": format!("i-{number}") });
    serde_json::from_value(memory).unwrap()
}

/// A batch of everything.
pub(crate) fn full_batch(number: usize, events: Vec<FleetEvent>) -> FleetBatch {
    let pass = pass(number as u64, number as u64);
    let at = pass.at;
    FleetBatch { at, events, memory: Some(memory(number)), pass: Some(pass), maximum: None }
}

/// Writes two fleets, whose locks it returns: day has ended, night is about to.
pub(crate) fn write_fleets(state: &StateFile) -> [FleetLock; 2] {
    [("day", 0), ("night", 1)].map(|(name, left_out)| {
        let lock = state.create_fleet(&fleet_name(name), &Owner::current()).unwrap();
        let lines = fleet_journal();
        let count = lines.len() - left_out;
        for (number, line) in (1..).zip(lines.into_iter().take(count)) {
            record(&*lock.journal(), &full_batch(number, vec![line])).unwrap();
        }
        lock
    })
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Records from a test that is not asynchronous.
pub(crate) fn record(journal: &dyn FleetJournal, batch: &FleetBatch) -> Result<(), JournalError> {
    wait(journal.record(batch))
}

pub(crate) fn record_events(journal: &dyn FleetJournal, events: Vec<FleetEvent>) -> Result<(), JournalError> {
    record(journal, &FleetBatch::events(second(0), events))
}

pub(crate) fn open_requests(journal: &dyn FleetJournal) -> Result<Vec<(u64, FleetRequest)>, JournalError> {
    wait(journal.requests())
}

pub(crate) fn answer(
    journal: &dyn FleetJournal,
    request: u64,
    answer: &RequestAnswer,
    events: Vec<FleetEvent>,
) -> Result<(), JournalError> {
    wait(journal.answer(request, answer, &FleetBatch::events(second(0), events)))
}
