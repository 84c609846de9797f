use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fleet_event::{FleetEvent, NewWorker};
use super::fleet_id::FleetId;
use super::launch_intent::LaunchIntent;
use super::offer_memory::OfferMemory;
use super::offer_trial::Trial;
use super::overrides::Overrides;
use super::worker::{Worker, WorkerPhase, cost_of};
use crate::elastic::engine::{MachineId, Money, Reason};
use crate::plan::CloudConfig;

/// Where a fleet stands, by its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FleetPhase {
    /// It is to run.
    Running,
    /// It is to end; its workers are drained and ended.
    Stopping,
    /// It has ended.
    Ended,
}

/// The state of a fleet according to its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Its identity.
    pub id: FleetId,
    /// When it was first recorded.
    pub created_at: Timestamp,
    /// Its phase.
    pub phase: FleetPhase,
    /// Absolute path of its file.
    pub path: PathBuf,
    /// The text of its file, as it was last taken in.
    pub text: String,
    /// Its cloud.
    pub cloud: CloudConfig,
    /// Tag of the run or annex that it belongs to.
    pub parent: Option<String>,
    /// Service of that run on whose machine its scaler runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_service: Option<String>,
    /// Settings laid over the file.
    pub overrides: Overrides,
    /// Workers by id. Those that are gone stay for a day.
    pub workers: BTreeMap<MachineId, Worker>,
    /// Launches whose call is not known to have ended, by token.
    pub launching: BTreeMap<String, LaunchIntent>,
    /// Launches whose calls ended within the last day, by token: a machine that appears later is adopted by them.
    pub launched: BTreeMap<String, (Timestamp, LaunchIntent)>,
    /// Times of the launches of the last minute, one for each machine.
    pub recent_launches: Vec<Timestamp>,
    /// Number of workers that were ever named, from which the next names and tokens follow.
    pub named: u64,
    /// What the workers that are gone have cost, as far as their prices are known.
    #[serde(default)]
    pub spent: Money,
    /// What is known of the offers that launches tried.
    #[serde(default, skip_serializing_if = "OfferMemory::is_empty")]
    pub offers: OfferMemory,
    /// Whether workers stay at the fleet's end.
    pub keeps_workers: bool,
    /// Whether workers are ended at the fleet's end without regard to their jobs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_now: bool,
    /// Number of lines of its journal.
    pub sequence: u64,
}

/// How long a launch whose call has ended, and a worker that is gone, are remembered: longer than any cloud takes to
/// show a machine, and longer than it shows one that has ended.
const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

impl Fleet {
    /// Returns a fleet with an empty journal.
    pub fn new(id: FleetId, created_at: Timestamp) -> Self {
        Self {
            id,
            created_at,
            phase: FleetPhase::Running,
            path: PathBuf::new(),
            text: String::new(),
            cloud: CloudConfig::default(),
            parent: None,
            parent_service: None,
            overrides: Overrides::default(),
            workers: BTreeMap::new(),
            launching: BTreeMap::new(),
            launched: BTreeMap::new(),
            recent_launches: Vec::new(),
            named: 0,
            spent: Money::ZERO,
            offers: OfferMemory::default(),
            keeps_workers: false,
            ends_now: false,
            sequence: 0,
        }
    }

    /// Returns the number of machines that count against the maximum: those that live, and those that are being asked
    /// for.
    pub fn live(&self) -> usize {
        let asked: usize = self.launching.values().map(|intent| intent.names.len()).sum();
        asked + self.workers.values().filter(|worker| worker.phase.is_live()).count()
    }

    /// Returns the number of machines that are to accept work: those of [`Self::live`] that do not drain.
    pub fn serving(&self) -> usize {
        let draining = self.workers.values().filter(|worker| worker.phase == WorkerPhase::Draining);
        self.live() - draining.count()
    }

    /// Returns how many of [`Self::serving`] are too many for this maximum.
    pub fn above(&self, max: u32) -> usize {
        self.serving().saturating_sub(usize::try_from(max).unwrap_or(usize::MAX))
    }

    /// Returns the workers that are not known to be gone.
    pub fn present(&self) -> impl Iterator<Item = &Worker> {
        self.workers.values().filter(|worker| worker.phase != WorkerPhase::Gone)
    }

    /// Returns what the fleet has cost until `at`, as far as prices are known: a worker costs from its launch until
    /// it is seen to be gone, at most until its lease ends.
    pub fn cost(&self, at: Timestamp) -> Money {
        self.present().fold(self.spent, |cost, worker| cost.plus(worker.cost(at)))
    }

    /// Takes in a line of the journal, recorded at `at`.
    pub fn apply(&mut self, at: Timestamp, event: &FleetEvent) {
        self.sequence += 1;
        match event {
            FleetEvent::Configured { path, text, cloud, parent, parent_service } => {
                (self.path, self.text, self.cloud) = (path.clone(), text.clone(), (**cloud).clone());
                self.parent.clone_from(parent);
                self.parent_service.clone_from(parent_service);
            }
            FleetEvent::Overridden { overrides } => self.overrides = overrides.clone(),
            FleetEvent::LaunchIntended { intent } => {
                self.named += intent.names.len() as u64;
                let minute = jiff::SignedDuration::from_mins(1);
                self.recent_launches.retain(|launch| at.duration_since(*launch) < minute);
                self.recent_launches.extend(intent.names.iter().map(|_| at));
                self.launching.insert(intent.token.clone(), (**intent).clone());
            }
            FleetEvent::Launched { token, workers, refusals, .. } => {
                self.offers.refuse(refusals, at);
                let Some(intent) = self.launching.remove(token) else { return };
                workers.iter().for_each(|worker| self.adopt(&intent, worker, at));
                self.launched.retain(|_, (ended, _)| at.duration_since(*ended) < REMEMBERED);
                self.launched.insert(token.clone(), (at, intent));
            }
            FleetEvent::Adopted { token, worker } => {
                let intent = self.launching.get(token).or_else(|| self.launched.get(token).map(|(_, intent)| intent));
                if let Some(intent) = intent.cloned() {
                    self.adopt(&intent, worker, at);
                }
            }
            FleetEvent::Joined { machines } => {
                self.each(machines, |worker| {
                    worker.joined_at.get_or_insert(at);
                    worker.serve(at);
                });
                self.try_offers(machines, Trial::Up, at);
            }
            FleetEvent::CameUp { machines } => {
                self.each(machines, |worker| {
                    worker.came_up_at.get_or_insert(at);
                    worker.serve(at);
                });
                self.try_offers(machines, Trial::Up, at);
            }
            FleetEvent::DrainIntended { machines, by, .. } => self.each(machines, |worker| {
                if worker.phase.is_live() {
                    // One that a person wants drained, too, is confirmed as it is.
                    if worker.phase != WorkerPhase::Draining {
                        (worker.drained_at, worker.resuming) = (None, false);
                    }
                    worker.drained_by = Some(*by);
                    worker.turn(WorkerPhase::Draining, at);
                }
            }),
            FleetEvent::DrainConfirmed { machines, leases_end } => self.each(machines, |worker| {
                if worker.phase == WorkerPhase::Draining {
                    worker.drained_at = Some(at);
                }
                worker.expires_at = leases_end.unwrap_or(worker.expires_at);
            }),
            FleetEvent::DrainUndone { machines } => self.each(machines, |worker| worker.drained_at = None),
            FleetEvent::DrainRefused { machines, .. } => self.each(machines, |worker| worker.accept_work(at)),
            FleetEvent::DrainCancelled { machines, .. } => self.each(machines, |worker| {
                worker.resuming |= worker.phase == WorkerPhase::Draining;
                worker.accept_work(at);
            }),
            FleetEvent::Resumed { machines } => self.each(machines, |worker| worker.resuming = false),
            FleetEvent::TerminationIntended { machines, reason } => {
                self.each(machines, |worker| {
                    if worker.phase.is_live() {
                        worker.turn(WorkerPhase::Ending, at);
                    }
                });
                let failed = reason.as_ref().is_some_and(Reason::is_failure);
                self.try_offers(machines, if failed { Trial::Failed } else { Trial::Ended }, at);
            }
            FleetEvent::TerminationAccepted { machines } => self.each(machines, |worker| {
                if worker.phase != WorkerPhase::Gone {
                    worker.turn(WorkerPhase::Terminating, at);
                }
            }),
            FleetEvent::TerminationRefused { machines, .. } => self.each(machines, |worker| {
                if worker.phase == WorkerPhase::Ending {
                    let before = match worker.drained_by {
                        Some(_) => WorkerPhase::Draining,
                        None => worker.phase_without_drain(),
                    };
                    worker.turn(before, at);
                }
            }),
            FleetEvent::Gone { machines } => {
                self.try_offers(machines, Trial::Failed, at);
                let mut cost = Money::ZERO;
                self.each(machines, |worker| {
                    if worker.phase != WorkerPhase::Gone {
                        cost = cost.plus(worker.cost(at));
                        worker.turn(WorkerPhase::Gone, at);
                    }
                });
                self.spent = self.spent.plus(cost);
                self.workers.retain(|_, worker| {
                    worker.phase != WorkerPhase::Gone || at.duration_since(worker.phase_since) < REMEMBERED
                });
            }
            FleetEvent::Renewed { machines, until } => self.each(machines, |worker| worker.expires_at = *until),
            FleetEvent::StopIntended { keep_workers, now } => {
                (self.phase, self.keeps_workers, self.ends_now) = (FleetPhase::Stopping, *keep_workers, *now);
            }
            FleetEvent::Ended { .. } => self.phase = FleetPhase::Ended,
        }
    }

    fn adopt(&mut self, intent: &LaunchIntent, new: &NewWorker, at: Timestamp) {
        let offer = match (intent.offers.as_slice(), &new.offer) {
            ([only], _) => Some(only),
            (offers, Some(shown)) => offers.iter().find(|offer| offer.covers(shown)),
            _ => None,
        };
        let name = intent.names.get(new.index).cloned().unwrap_or_else(|| format!("{}.{}", intent.token, new.index));
        if self.workers.contains_key(&new.id) {
            return;
        }
        if let Some(offer) = offer {
            self.offers.take((&intent.kind, offer), &new.id, Trial::Launched, at);
        }
        let worker = Worker {
            id: new.id.clone(),
            name,
            kind: intent.kind.clone(),
            token: intent.token.clone(),
            slot: intent.slot.clone(),
            phase: WorkerPhase::Starting,
            launched_at: new.launched_at,
            phase_since: at,
            joined_at: None,
            came_up_at: None,
            expires_at: intent.expires_at,
            drained_by: None,
            drained_at: None,
            resuming: false,
            offer: offer.cloned(),
            price: intent.price,
        };
        self.workers.insert(worker.id.clone(), worker);
    }

    /// Lays what became of machines to the account of the offers that they were launched by.
    fn try_offers(&mut self, machines: &[MachineId], trial: Trial, at: Timestamp) {
        for worker in machines.iter().filter_map(|machine| self.workers.get(machine)) {
            if let Some(offer) = &worker.offer {
                self.offers.take((&worker.kind, offer), &worker.id, trial, at);
            }
        }
    }

    fn each(&mut self, machines: &[MachineId], mut change: impl FnMut(&mut Worker)) {
        for machine in machines {
            if let Some(worker) = self.workers.get_mut(machine) {
                change(worker);
            }
        }
    }
}

impl Worker {
    fn turn(&mut self, phase: WorkerPhase, at: Timestamp) {
        if self.phase != phase {
            (self.phase, self.phase_since) = (phase, at);
        }
    }

    fn cost(&self, until: Timestamp) -> Money {
        let until = until.min(self.expires_at);
        cost_of(self.price.unwrap_or_default(), until.duration_since(self.launched_at).as_secs())
    }

    fn serve(&mut self, at: Timestamp) {
        if self.phase == WorkerPhase::Starting {
            self.turn(WorkerPhase::Serving, at);
        }
    }

    /// Takes its drain back.
    fn accept_work(&mut self, at: Timestamp) {
        if self.phase == WorkerPhase::Draining {
            (self.drained_by, self.drained_at) = (None, None);
            self.turn(self.phase_without_drain(), at);
        }
    }

    fn phase_without_drain(&self) -> WorkerPhase {
        if self.joined_at.or(self.came_up_at).is_some() { WorkerPhase::Serving } else { WorkerPhase::Starting }
    }
}
