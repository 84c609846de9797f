//! What serves above a limit that was lowered: it is taken out, whichever engine decides.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fleet_scaler::Scaler;
use super::pool_view::PoolView;
use super::worker::{Worker, WorkerPhase};
use crate::elastic::engine::{MachineId, Money, Reason};
use crate::elastic::fleet::DrainMode;

/// The machines that serve or come, held against what may serve.
pub(super) struct Serving<'a> {
    scaler: &'a Scaler,
    total: u64,
    by_kind: BTreeMap<Arc<str>, u64>,
    /// Their price for an hour, as far as prices are known.
    cost: Money,
}

impl<'a> Serving<'a> {
    /// Counts the workers that are not drained and not in `leaving`, the launches under way, and `others`: instances
    /// of the fleet that no line names.
    pub(super) fn new(scaler: &'a Scaler, leaving: &BTreeSet<MachineId>, others: u64) -> Self {
        let mut serving = Self { scaler, total: others, by_kind: BTreeMap::new(), cost: Money::default() };
        let stays = |worker: &&Worker| worker.phase < WorkerPhase::Draining && !leaving.contains(&worker.id);
        for worker in scaler.fleet.workers.values().filter(stays) {
            serving.add(&worker.kind, worker.price);
        }
        for intent in scaler.fleet.launching.values() {
            intent.names.iter().for_each(|_| serving.add(&intent.kind, intent.price));
        }
        serving
    }

    fn add(&mut self, kind: &Arc<str>, price: Option<Money>) {
        self.total += 1;
        *self.by_kind.entry(kind.clone()).or_default() += 1;
        self.cost = self.cost.plus(price.unwrap_or_default());
    }

    fn take_off(&mut self, worker: &Worker) {
        self.total = self.total.saturating_sub(1);
        if let Some(number) = self.by_kind.get_mut(&worker.kind) {
            *number = number.saturating_sub(1);
        }
        self.cost = self.cost.minus(worker.price.unwrap_or_default());
    }

    /// Counts a drained worker as one that serves again, if it may. One that is not drained by the journal is counted.
    pub(super) fn admit(&mut self, machine: &MachineId) -> bool {
        let Some(worker) = self.scaler.fleet.workers.get(machine) else { return false };
        if worker.phase < WorkerPhase::Draining {
            return true;
        }
        self.add(&worker.kind, worker.price);
        let fits = self.above(worker).is_none();
        if !fits {
            self.take_off(worker);
        }
        fits
    }

    /// Returns the limit that forbids a worker, as the reason to take it out.
    fn above(&self, worker: &Worker) -> Option<Reason> {
        let file = &self.scaler.file;
        let of_kind = self.by_kind.get(&worker.kind).copied().unwrap_or(0);
        let maximum = file.kinds().find(|(name, _)| **name == *worker.kind).and_then(|(_, kind)| kind.max);
        if let Some(maximum) = maximum.map(u64::from).filter(|maximum| of_kind > *maximum) {
            return Some(Reason::AboveMaximumOfKind { kind: worker.kind.clone(), maximum, serving: of_kind });
        }
        let maximum = u64::from(self.scaler.bounds.max);
        if self.total > maximum {
            return Some(Reason::AboveMaximum { maximum, serving: self.total });
        }
        let price = worker.price.filter(|price| *price > Money::default());
        let budget = file.limits.budget_per_hour.filter(|budget| price.is_some() && self.cost > *budget)?;
        Some(Reason::AboveHourlyBudget { budget, committed: self.cost })
    }
}

impl Scaler {
    /// Returns the workers to take out because more serve than the limits allow, by reason: those that are not up or
    /// have no job first, among them the newest first. Workers in `leaving` are on their way out already, and those in
    /// `judged` have been looked at in this step.
    pub(super) fn excess(
        &self,
        leaving: &BTreeSet<MachineId>,
        judged: &BTreeSet<MachineId>,
        others: u64,
        view: &PoolView,
    ) -> Vec<(Reason, Vec<MachineId>)> {
        let mut serving = Serving::new(self, leaving, others);
        let idle_only = self.drain_mode() == Some(DrainMode::IdleOnly);
        let rank = |worker: &Worker| match view.claims(&worker.id) {
            Some(0) => 0,
            None if worker.phase == WorkerPhase::Starting => 0,
            None => 1,
            Some(_) => 2,
        };
        let mut workers: Vec<&Worker> = self.fleet.workers.values().collect();
        workers.retain(|worker| {
            let stays = worker.phase < WorkerPhase::Draining && !judged.contains(&worker.id);
            stays && !leaving.contains(&worker.id) && !(idle_only && rank(worker) == 2)
        });
        workers.sort_by_key(|worker| (rank(worker), Reverse(worker.launched_at), worker.id.clone()));
        let mut excess: Vec<(Reason, Vec<MachineId>)> = Vec::new();
        for worker in workers {
            let Some(reason) = serving.above(worker) else { continue };
            serving.take_off(worker);
            // Those of one limit go together, by the numbers before the first of them.
            match excess.iter_mut().find(|(known, _)| is_of_one_limit(known, &reason)) {
                Some((_, machines)) => machines.push(worker.id.clone()),
                None => excess.push((reason, vec![worker.id.clone()])),
            }
        }
        excess
    }

    /// Whether more serve than the limits allow.
    pub(super) fn is_above_limits(&self) -> bool {
        let serving = Serving::new(self, &BTreeSet::new(), 0);
        let serves = |worker: &&Worker| worker.phase < WorkerPhase::Draining;
        self.fleet.workers.values().filter(serves).any(|worker| serving.above(worker).is_some())
    }
}

/// Whether two reasons tell of the same limit.
fn is_of_one_limit(one: &Reason, other: &Reason) -> bool {
    match (one, other) {
        (Reason::AboveMaximumOfKind { kind, .. }, Reason::AboveMaximumOfKind { kind: other, .. }) => kind == other,
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}
