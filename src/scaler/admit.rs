//! Every limit once more, on whatever was decided: the last look before anything is recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::fleet::Fleet;
use super::kind_spec::KindSpecs;
use super::lease::{Leases, paid_for};
use super::namesakes::Namesakes;
use super::worker::{Worker, WorkerPhase, cost_of};
use crate::elastic::engine::{
    Decision, Drain, DrainCancellation, DrainOwner, Launch, Limit, Machine, MachineId, Money, Note, Reason, Termination,
};
use crate::elastic::fleet::{Bounds, FleetFile};

/// What decisions are held against.
pub(super) struct Limits<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) file: &'a FleetFile,
    pub(super) specs: &'a KindSpecs,
    pub(super) bounds: Bounds,
    /// The machines, if they were read.
    pub(super) machines: &'a [Machine],
    pub(super) leases: Leases,
    pub(super) namesakes: Namesakes,
    /// Whether the engine keeps to the minimum itself.
    pub(super) engine_keeps_minimum: bool,
    pub(super) now: Timestamp,
}

/// Decisions that may be carried out, each with its position among those that the engine made; none if it is not the
/// engine's.
#[derive(Debug, Default)]
pub(super) struct Admitted {
    pub(super) decisions: Vec<(Option<usize>, Decision)>,
    pub(super) notes: Vec<Note>,
    /// Whether no engine decided: then nothing that it began is taken back, and no limit ends workers.
    pub(super) is_by_hand: bool,
}

/// The room that is left, taken down with each launch of the pass.
struct Room<'a> {
    limits: &'a Limits<'a>,
    live: u64,
    live_by_kind: BTreeMap<Arc<str>, u64>,
    launched: u64,
    /// The price of all machines for an hour.
    committed: Money,
    /// What all machines may cost until their leases end, at least for an hour.
    until_end: Money,
    spent: Money,
}

impl Limits<'_> {
    /// Holds decisions against all limits: machines that are not the fleet's or that a person drained are left out,
    /// launches are cut to what maximum, rate and budgets allow.
    pub(super) fn admit(&self, decisions: Vec<Decision>) -> Admitted {
        let mut admitted = Admitted::default();
        let mut room = Room::new(self);
        let mut spare = self.spare();
        for (position, decision) in decisions.into_iter().enumerate() {
            let kept = match decision {
                Decision::Launch(launch) => {
                    let launches = room.launch(launch, &mut admitted.notes).into_iter();
                    admitted.decisions.extend(launches.map(|launch| (Some(position), Decision::Launch(launch))));
                    None
                }
                Decision::Terminate(Termination { machines, reason }) => {
                    let machines = self.own(machines, &mut spare, &mut admitted.notes);
                    (!machines.is_empty()).then_some(Decision::Terminate(Termination { machines, reason }))
                }
                Decision::Drain(Drain { machines, unclaimed_only, reason }) => {
                    let mut machines = self.own(machines, &mut spare, &mut admitted.notes);
                    machines.retain(|id| self.fleet.workers.get(id).is_some_and(|w| w.phase < WorkerPhase::Draining));
                    (!machines.is_empty()).then_some(Decision::Drain(Drain { machines, unclaimed_only, reason }))
                }
                Decision::CancelDrain(DrainCancellation { mut machines, reason }) => {
                    machines.retain(|id| self.fleet.workers.get(id).is_some_and(may_resume));
                    let some = !machines.is_empty();
                    some.then_some(Decision::CancelDrain(DrainCancellation { machines, reason }))
                }
            };
            admitted.decisions.extend(kept.map(|kept| (Some(position), kept)));
        }
        if !self.engine_keeps_minimum {
            let launches = |(_, decision): &(Option<usize>, Decision)| match decision {
                Decision::Launch(launch) => i64::from(launch.count),
                _ => 0,
            };
            let asked: i64 = admitted.decisions.iter().map(launches).sum();
            let missing = i64::from(self.bounds.min) - self.live() - asked;
            if let Ok(count @ 1..) = u32::try_from(missing) {
                let reason = Reason::Min { minimum: self.bounds.min.into(), running: self.live(), coming: asked };
                let launches = room.launch(Launch::plain(count, reason), &mut admitted.notes).into_iter();
                admitted.decisions.extend(launches.map(|launch| (None, Decision::Launch(launch))));
            }
        }
        admitted
    }

    /// Returns the kinds, each with its maximum.
    fn kinds(&self) -> impl Iterator<Item = (Arc<str>, Option<u32>)> {
        self.file.kinds().map(|(name, kind)| (name.into(), kind.max))
    }

    /// Returns the kinds, those with a known price first, the cheapest of them before the others.
    fn cheapest_kinds(&self) -> Vec<(Arc<str>, Option<u32>)> {
        let mut kinds: Vec<_> = self.kinds().collect();
        kinds.sort_by_key(|(name, _)| {
            let price = self.specs.get(&**name).and_then(|spec| spec.price);
            (price.is_none(), price.unwrap_or_default())
        });
        kinds
    }

    /// Number of machines that live, those on their way included. An instance that no line names counts, as does one
    /// whose end is intended and not accepted by the cloud.
    fn live(&self) -> i64 {
        let strays = self.fleet.own_strays(self.machines);
        i64::try_from(self.fleet.live() + self.ending() + strays).unwrap_or(i64::MAX)
    }

    fn ending(&self) -> usize {
        self.fleet.workers.values().filter(|worker| worker.phase == WorkerPhase::Ending).count()
    }

    /// Returns how many serving machines may be taken out, where the engine does not keep to the minimum itself.
    fn spare(&self) -> Option<i64> {
        let serving = self.fleet.workers.values().filter(|worker| worker.phase < WorkerPhase::Draining).count();
        let serving = i64::try_from(serving).unwrap_or(i64::MAX);
        (!self.engine_keeps_minimum).then(|| (serving - i64::from(self.bounds.min)).max(0))
    }

    /// Keeps the fleet's own machines, and none that a person has drained.
    fn own(&self, machines: Vec<MachineId>, spare: &mut Option<i64>, notes: &mut Vec<Note>) -> Vec<MachineId> {
        let refusal = |id: &MachineId| match self.fleet.workers.get(id) {
            Some(worker) if worker.drained_by == Some(DrainOwner::Person) => Some(Limit::PersonsDrain),
            Some(_) => None,
            // An instance with the fleet's tag whose launch is not known any more is its own as well.
            None => (!self.machines.iter().any(|machine| machine.own && machine.id == *id)).then_some(Limit::NotOwn),
        };
        let mut kept = Vec::with_capacity(machines.len());
        for id in machines {
            let serves = self.fleet.workers.get(&id).is_some_and(|worker| worker.phase < WorkerPhase::Draining);
            let by = match (refusal(&id), &mut *spare) {
                (Some(by), _) => Some(by),
                (None, Some(0)) if serves => {
                    let (minimum, live) = (self.bounds.min.into(), self.live());
                    Some(Limit::Minimum { minimum, live })
                }
                (None, Some(left)) if serves => {
                    *left -= 1;
                    None
                }
                (None, _) => None,
            };
            match by {
                Some(by) => notes.push(Note::EndPostponed { machine: id.to_string(), by }),
                None => kept.push(id),
            }
        }
        kept
    }
}

/// Whether the scaler may cancel a drain of the worker. The pool may still show one that the journal has cancelled.
fn may_resume(worker: &Worker) -> bool {
    worker.phase.is_live() && worker.drained_by != Some(DrainOwner::Person)
}

impl<'a> Room<'a> {
    fn new(limits: &'a Limits<'a>) -> Self {
        let (fleet, now) = (limits.fleet, limits.now);
        let mut live_by_kind: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        let (mut committed, mut until_end) = (Money::ZERO, Money::ZERO);
        let paid_for = |end| paid_for(end, now);
        for worker in fleet.workers.values().filter(|worker| worker.phase <= WorkerPhase::Ending) {
            *live_by_kind.entry(worker.kind.clone()).or_default() += 1;
            let price = worker.price.unwrap_or_default();
            committed = committed.plus(price);
            until_end = until_end.plus(cost_of(price, paid_for(worker.expires_at)));
        }
        for intent in fleet.launching.values() {
            *live_by_kind.entry(intent.kind.clone()).or_default() += intent.names.len() as u64;
            let number = i64::try_from(intent.names.len()).unwrap_or(i64::MAX);
            let price = intent.price.unwrap_or_default();
            committed = committed.plus(price.times(number));
            until_end = until_end.plus(cost_of(price, paid_for(intent.expires_at)).times(number));
        }
        let minute = SignedDuration::from_mins(1);
        let recent = fleet.recent_launches.iter().filter(|at| now.duration_since(**at) < minute);
        Self {
            limits,
            live: u64::try_from(limits.live()).unwrap_or(0).saturating_add(limits.namesakes.live),
            live_by_kind,
            launched: recent.count() as u64,
            committed,
            until_end,
            spent: fleet.cost(now),
        }
    }

    /// Cuts a launch to what may be launched, and takes that off. One that names no kind is of the cheapest; what that
    /// kind's own limits do not allow is of the next.
    fn launch(&mut self, launch: Launch, notes: &mut Vec<Note>) -> Vec<Launch> {
        let kinds: Vec<(Arc<str>, Option<u32>)> = match &launch.kind {
            Some(kind) => self.limits.kinds().filter(|(name, _)| name == kind).collect(),
            None => self.limits.cheapest_kinds(),
        };
        let Some((last, _)) = kinds.last().cloned() else {
            let kind = launch.kind.as_deref().unwrap_or_default().to_owned();
            notes.push(Note::limited(&launch, 0, Limit::UnknownKind { kind }));
            return Vec::new();
        };
        let (mut launches, mut left) = (Vec::new(), launch.count);
        for (kind, maximum) in kinds {
            let (allowed, limit) = self.allow(&kind, maximum, left.into());
            let allowed = u32::try_from(allowed).unwrap_or(u32::MAX).min(left);
            let launch = Launch { kind: Some(kind.clone()), count: left, ..launch.clone() };
            let ends = match limit.filter(|_| allowed < left) {
                Some(by) if by.is_of_kind() && kind != last => false,
                Some(by) => {
                    notes.push(Note::limited(&launch, allowed, by));
                    true
                }
                None => true,
            };
            if allowed > 0 {
                self.take(&kind, allowed.into());
                launches.push(Launch { count: allowed, ..launch });
            }
            left -= allowed;
            if ends {
                break;
            }
        }
        launches
    }

    /// Takes so many machines of a kind off.
    fn take(&mut self, kind: &Arc<str>, count: u64) {
        let price = self.limits.specs.get(&**kind).and_then(|spec| spec.price).unwrap_or_default();
        self.committed = self.committed.plus(price.times(signed(count)));
        self.until_end = self.until_end.plus(self.cost_of_lease(price).times(signed(count)));
        *self.live_by_kind.entry(kind.clone()).or_default() += count;
        self.live += count;
        self.launched += count;
    }

    /// Returns what a machine of this price costs until its lease ends, at least for an hour: without a scaler it lives
    /// for so long.
    fn cost_of_lease(&self, price: Money) -> Money {
        let Limits { leases, now, .. } = self.limits;
        cost_of(price, paid_for(leases.end(*now), *now))
    }

    fn allow(&self, name: &str, maximum: Option<u32>, wanted: u64) -> (u64, Option<Limit>) {
        let (mut allowed, mut tightest) = (wanted, None);
        let mut take = |left: u64, limit: Limit| {
            if left < allowed {
                // The tightest is told: another one lifts nothing.
                (allowed, tightest) = (left, Some(limit));
            }
        };
        let live = self.live_by_kind.get(name).copied().unwrap_or(0);
        if let Some(maximum) = maximum {
            let limit = Limit::MaximumOfKind { maximum: maximum.into(), live: signed(live) };
            take(u64::from(maximum).saturating_sub(live), limit);
        }
        if self.limits.namesakes.are_unknown() {
            take(0, Limit::FailedReading { source: "machines".to_owned() });
        }
        let maximum = self.limits.bounds.max;
        let limit = Limit::Maximum { maximum: maximum.into(), live: signed(self.live) };
        take(u64::from(maximum).saturating_sub(self.live), limit);
        let limits = &self.limits.file.limits;
        let committed = self.committed;
        match self.limits.specs.get(name).and_then(|spec| spec.price) {
            None if limits.budget.is_some() || limits.budget_per_hour.is_some() => take(0, Limit::NoPrice),
            None => {}
            Some(price) => {
                if let Some(budget) = limits.budget_per_hour {
                    let limit = Limit::HourlyBudget { budget, committed, price };
                    take(affordable(budget.minus(committed), price), limit);
                }
                if let Some(budget) = limits.budget {
                    let (committed, price) = (self.until_end, self.cost_of_lease(price));
                    let limit = Limit::Budget { budget, spent: self.spent, committed, price };
                    take(affordable(budget.minus(self.spent).minus(committed), price), limit);
                }
            }
        }
        let maximum = u64::from(limits.launches_per_minute);
        let limit = Limit::LaunchRate { maximum: signed(maximum), launched: signed(self.launched) };
        take(maximum.saturating_sub(self.launched), limit);
        (allowed, tightest)
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns the number of machines at a price that an amount pays for.
fn affordable(amount: Money, price: Money) -> u64 {
    match (amount.millionths(), price.millionths()) {
        (amount, _) if amount < 0 => 0,
        (_, 0) => u64::MAX,
        (amount, price) => u64::try_from(amount / price).unwrap_or(0),
    }
}
