//! Everything that there is in the cloud, and how time changes it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::PROJECT;
use super::catalog;
use super::faults::Faults;
use super::instance::{Instance, Phase};
use super::life::Life;
use super::operation::Operation;
use super::place::{Place, link};
use super::requests::Requests;
use super::shelf::{Key, Row, Shelf};
use super::storage::Store;

/// The cloud of one test, at one moment.
pub(super) struct World {
    pub now: Duration,
    /// When it began, by this machine's clock.
    epoch: Timestamp,
    pub faults: Faults,
    pub instances: BTreeMap<Place, Instance>,
    pub shelf: Shelf,
    /// By name.
    pub operations: BTreeMap<String, Operation>,
    pub requests: Requests,
    pub store: Store,
    /// What is to be told of instances.
    pub lives: Vec<Life>,
    agenda: BTreeMap<(Duration, u64), Due>,
    /// How many instances were ever asked for: chance strikes them one by one.
    pub asked_for: usize,
    next: u64,
}

/// What becomes of an instance at a time, unless something else was decided about it before.
#[derive(Clone, Debug)]
struct Due {
    place: Place,
    turn: u32,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Stage,
    Run,
    /// It has run for as long as it may.
    Expire,
    /// It is off.
    Stop,
    /// It is no more.
    Vanish,
}

impl World {
    pub(super) fn new(faults: Faults) -> Self {
        let mut shelf = Shelf::default();
        catalog::fill(&mut shelf);
        Self {
            now: Duration::ZERO,
            epoch: Timestamp::now(),
            faults,
            instances: BTreeMap::new(),
            shelf,
            operations: BTreeMap::new(),
            requests: Requests::default(),
            store: Store::default(),
            lives: Vec::new(),
            agenda: BTreeMap::new(),
            asked_for: 0,
            next: 1,
        }
    }

    /// A number that was not used yet.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// An id such as Google gives, which says nothing.
    pub(super) fn id(&mut self) -> u64 {
        3_000_000_000_000_000_000 + self.number().wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_000_000_000_000_000
    }

    /// A time in the cloud as Google writes it.
    pub(super) fn written(&self, at: Duration) -> String {
        let at = self.epoch + SignedDuration::try_from(at).expect("no test lasts for ages");
        format!("{:.3}", at.display_with_offset(Offset::constant(-8)))
    }

    /// How long after the cloud's beginning a written time is.
    pub(super) fn read(&self, time: &str) -> Option<Duration> {
        let time: Timestamp = time.parse().ok()?;
        Some(Duration::try_from(time.duration_since(self.epoch)).unwrap_or(Duration::ZERO))
    }

    /// Lets time pass until `now`.
    pub(super) fn settle(&mut self, now: Duration) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((time, _), due) = entry.remove_entry();
            self.now = self.now.max(time);
            if self.instances.get(&due.place).is_some_and(|instance| instance.turn == due.turn) {
                self.take_step(&due.place, due.step);
            }
        }
        self.now = self.now.max(now);
    }

    /// Something is to become of an instance after `time`, as it stands now.
    pub(super) fn plan(&mut self, place: &Place, time: Duration, step: Step) {
        let Some(turn) = self.instances.get(place).map(|instance| instance.turn) else { return };
        let number = self.number();
        self.agenda.insert((self.now + time, number), Due { place: place.clone(), turn, step });
    }

    fn take_step(&mut self, place: &Place, step: Step) {
        match step {
            Step::Stage => self.enter(place, Phase::Staging),
            Step::Run => self.begin_to_run(place),
            Step::Expire => self.expire(place),
            Step::Stop => {
                self.enter(place, Phase::Terminated);
                let time = self.written(self.now);
                self.change(place, |instance| instance.value["lastStopTimestamp"] = json!(time));
                self.lose_power(place);
            }
            Step::Vanish => self.remove(place),
        }
    }

    pub(super) fn enter(&mut self, place: &Place, phase: Phase) {
        self.change(place, |instance| instance.phase = phase);
    }

    pub(super) fn change(&mut self, place: &Place, change: impl FnOnce(&mut Instance)) {
        if let Some(instance) = self.instances.get_mut(place) {
            change(instance);
        }
    }

    /// Takes an instance away, and the disks that go with it.
    fn remove(&mut self, place: &Place) {
        self.lose_power(place);
        let Some(instance) = self.instances.remove(place) else { return };
        let path = link(&place.instance());
        for disk in instance.value["disks"].as_array().into_iter().flatten() {
            let name = super::place::last(disk["source"].as_str().unwrap_or_default());
            let key = Key::new(PROJECT, "disks", &place.scope(), name);
            if disk["autoDelete"] == true || instance.doomed {
                self.shelf.remove(&key);
            } else if let Some(users) = self.shelf.get_mut(&key).and_then(|disk| disk["users"].as_array_mut()) {
                users.retain(|user| *user != path);
            }
        }
    }

    /// Tells that an instance is off, if it was told to be on.
    fn lose_power(&mut self, place: &Place) {
        let Some(instance) = self.instances.get_mut(place) else { return };
        if std::mem::take(&mut instance.powered) {
            self.lives.push(Life::Ends(place.clone()));
        }
    }

    /// Begins an operation on what a path leads to, which takes this long.
    pub(super) fn begin(
        &mut self,
        kind: &str,
        scope: &str,
        target: &str,
        time: Duration,
        outcome: Map<String, Value>,
    ) -> String {
        let id = self.id();
        let (millis, number) = (self.epoch.as_millisecond(), self.number());
        let name = format!("operation-{millis}-{number:013x}-{:08x}-{:08x}", id >> 32, id & 0xffff_ffff);
        let collection = "operations";
        let path = super::place::path(scope, collection, &name);
        let (now, ends) = (self.written(self.now), self.now + time);
        let mut value = json!({
            "kind": "compute#operation", "id": id.to_string(), "name": name, "operationType": kind,
            "targetLink": link(target), "user": "hoist@example.org", "progress": 0, "status": "RUNNING",
            "insertTime": now, "startTime": now, "selfLink": link(&path),
        });
        if let Some(id) = self.id_of(target) {
            value["targetId"] = json!(id);
        }
        if let Some((kind, _)) = scope.split_once('/') {
            value[kind.trim_end_matches('s')] = json!(link(&format!("projects/{PROJECT}/{scope}")));
        }
        let end_time = self.written(ends);
        let scope = scope.to_owned();
        self.operations.insert(name.clone(), Operation { value, scope, began: self.now, ends, outcome, end_time });
        name
    }

    /// The id of what a path leads to.
    fn id_of(&self, path: &str) -> Option<String> {
        let key = Key::of(path)?;
        if key.collection == "instances" {
            let place = Place::new(super::place::last(&key.scope), &key.name);
            return self.instances.get(&place).map(|instance| instance.id.to_string());
        }
        self.shelf.get(&key)?["id"].as_str().map(str::to_owned)
    }

    /// An operation as the call that began it is answered.
    pub(super) fn begun(&self, operation: &str) -> Value {
        self.operations.get(operation).map(|operation| operation.view(self.now, true)).unwrap_or_default()
    }

    /// All of a collection as a client sees it.
    pub(super) fn rows(&mut self, project: &str, collection: &str) -> Vec<Row> {
        let (now, faults) = (self.now, &self.faults);
        match collection {
            "instances" => {
                let mut rows = Vec::new();
                for (place, instance) in &mut self.instances {
                    if instance.is_visible(now, faults) {
                        let (scope, name) = (place.scope(), place.name.clone());
                        rows.push(Row { scope, name, value: instance.view() });
                    } else {
                        instance.missed += 1;
                    }
                }
                rows
            }
            "operations" => {
                let row = |(name, operation): (&String, &Operation)| Row {
                    scope: operation.scope.clone(),
                    name: name.clone(),
                    value: operation.view(now, false),
                };
                let mut rows: Vec<Row> = self.operations.iter().map(row).collect();
                rows.sort_by(|one, other| (&one.scope, &one.name).cmp(&(&other.scope, &other.name)));
                rows
            }
            "regions" => {
                let mut rows: Vec<Row> = self.shelf.rows(project, collection).collect();
                rows.iter_mut().for_each(|row| row.value["quotas"] = self.quotas_of(&row.name));
                rows
            }
            _ => self.shelf.rows(project, collection).collect(),
        }
    }
}
