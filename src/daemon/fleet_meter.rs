use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::gauges::{Labels, currency};
use super::instruments::Instruments;
use crate::elastic::engine::{Decision, Fate, KindTarget, Limit, MachineId, Money, Note, Reason};
use crate::elastic::fleet::FleetFile;
use crate::plan::Market;
use crate::scaler::{Fleet, PassRecord, Worker, WorkerPhase};

/// What the metrics of a fleet remember from its last pass, to tell what has changed since.
#[derive(Debug, Default)]
pub(super) struct FleetMeter {
    /// Time of the last pass. None: there was none.
    last: Option<Timestamp>,
    /// Workers that had joined.
    joined: BTreeSet<MachineId>,
    /// Workers that were draining, and since when.
    draining: BTreeMap<MachineId, Timestamp>,
    /// What the fleet had cost at the last pass. None: there was none.
    cost: Option<Money>,
}

impl FleetMeter {
    pub(super) fn passed(&mut self, metrics: &mut Instruments, fleet: &Fleet, file: &FleetFile, pass: &PassRecord) {
        let name = fleet.id.name.as_str();
        self.changes(metrics, name, fleet);
        self.money(metrics, name, fleet, file, pass.at);
        counts(metrics, name, fleet, file, pass);
        readings(metrics, name, pass);
        machines(metrics, name, fleet, file, pass);
        metrics.last_pass.replace(name, [(Vec::new(), pass.at.as_second() as f64)]);
        metrics.paused.replace(name, [(Vec::new(), f64::from(u8::from(fleet.overrides.paused)))]);
        self.last = Some(pass.at);
    }

    /// Tells how long machines took to join and to drain.
    fn changes(&mut self, metrics: &Instruments, name: &str, fleet: &Fleet) {
        let is_first = self.last.is_none();
        let joined: BTreeSet<MachineId> =
            fleet.present().filter(|worker| worker.joined_at.is_some()).map(|worker| worker.id.clone()).collect();
        // Those of earlier processes were counted there.
        for id in joined.difference(&self.joined).filter(|_| !is_first) {
            let Some((worker, at)) = fleet.workers.get(id).and_then(|worker| Some((worker, worker.joined_at?))) else {
                continue;
            };
            metrics.joined(name, &worker.kind, seconds(worker.launched_at, at));
        }
        self.joined = joined;
        let draining = |worker: &&Worker| worker.phase == WorkerPhase::Draining;
        let draining: BTreeMap<MachineId, Timestamp> =
            fleet.present().filter(draining).map(|worker| (worker.id.clone(), worker.phase_since)).collect();
        for (id, since) in self.draining.iter().filter(|(id, _)| !draining.contains_key(id)) {
            // A worker whose drain was cancelled is live.
            let Some(worker) = fleet.workers.get(id).filter(|worker| !worker.phase.is_live()) else { continue };
            metrics.drained(name, &worker.kind, seconds(*since, worker.phase_since));
        }
        self.draining = draining;
    }

    /// Shows what the fleet costs, as far as prices are known.
    fn money(&mut self, metrics: &mut Instruments, name: &str, fleet: &Fleet, file: &FleetFile, at: Timestamp) {
        let cost = fleet.cost(at);
        // What it cost before this process is no part of the counter, which begins at 0.
        let since_last = self.cost.map_or(Money::ZERO, |before| cost.minus(before));
        metrics.spent(name, units(since_last.max(Money::ZERO)));
        self.cost = Some(cost);
        let price = fleet.present().map(|worker| worker.price).sum_of_known();
        metrics.cost.replace(name, price.map(|price| (vec![currency()], units(price))));
        let left = file.limits.budget.map(|budget| budget.minus(cost));
        metrics.budget_left.replace(name, left.map(|left| (vec![currency()], units(left))));
    }
}

fn units(money: Money) -> f64 {
    money.millionths() as f64 / 1e6
}

/// Sums of amounts of which one may be unknown.
trait SumOfKnown {
    /// Returns the sum; none if one of the amounts is unknown.
    fn sum_of_known(self) -> Option<Money>;
}

impl<I: Iterator<Item = Option<Money>>> SumOfKnown for I {
    fn sum_of_known(mut self) -> Option<Money> {
        self.try_fold(Money::ZERO, |sum, price| Some(sum.plus(price?)))
    }
}

/// Counts what was decided and what came of it.
fn counts(metrics: &Instruments, name: &str, fleet: &Fleet, file: &FleetFile, pass: &PassRecord) {
    let only = file.kinds().next().map_or(FleetFile::UNNAMED_KIND, |(kind, _)| kind);
    let kind_of = |machine: &MachineId| fleet.workers.get(machine).map_or(only, |worker| &worker.kind);
    let launch_kind = |index: usize| match pass.decisions.get(index) {
        Some(Decision::Launch(launch)) => launch.kind.as_deref().unwrap_or(only),
        _ => only,
    };
    for decision in &pass.decisions {
        let (action, reason) = match decision {
            Decision::Launch(launch) => ("launch", &launch.reason),
            Decision::Terminate(termination) => ("terminate", &termination.reason),
            Decision::Drain(drain) => ("drain", &drain.reason),
            Decision::CancelDrain(cancellation) => ("cancel_drain", &cancellation.reason),
        };
        metrics.decided(name, action, word(reason));
    }
    let Some(outcome) = &pass.outcome else { return };
    for launched in &outcome.launched {
        metrics.launched(name, launch_kind(launched.decision), "launched", 1);
    }
    for refusal in &outcome.refusals {
        metrics.launched(name, launch_kind(refusal.decision), "refused", u64::from(refusal.count));
        metrics.launch_failed(name, launch_kind(refusal.decision), "refused", u64::from(refusal.count));
    }
    let untold = u64::from(outcome.refused)
        .saturating_sub(outcome.refusals.iter().map(|refusal| u64::from(refusal.count)).sum());
    if untold > 0 {
        metrics.launched(name, only, "refused", untold);
        metrics.launch_failed(name, only, "refused", untold);
    }
    for decision in &pass.decisions {
        let Decision::Terminate(termination) = decision else { continue };
        let reason = word(&termination.reason);
        for machine in termination.machines.iter().filter(|machine| outcome.terminated.contains(machine)) {
            metrics.terminated(name, kind_of(machine), reason);
            if matches!(termination.reason, Reason::NeverJoined { .. } | Reason::Error { .. } | Reason::Lost { .. }) {
                metrics.launch_failed(name, kind_of(machine), reason, 1);
            }
        }
    }
}

/// Returns the word of a reason; coalition has none for its starts.
fn word(reason: &Reason) -> &'static str {
    reason.word().unwrap_or("queue")
}

/// Shows the sources.
fn readings(metrics: &mut Instruments, name: &str, pass: &PassRecord) {
    let seen = &pass.seen;
    let (matched, unmatchable) = matched(pass);
    let demand = [("matched", matched), ("unmatchable", unmatchable), ("hidden", seen.hidden), ("held", seen.held)];
    let demand = demand.into_iter().filter_map(|(state, jobs)| Some((vec![("state", state.to_owned())], jobs? as f64)));
    metrics.demand.replace(name, demand);
    let mut ages: BTreeMap<&str, f64> = BTreeMap::new();
    let read = [
        ("demand", seen.waiting.is_some()),
        ("pool", seen.hosts.is_some()),
        ("slots", seen.slots.is_some()),
        ("machines", !seen.machines.is_empty()),
    ];
    ages.extend(read.into_iter().filter(|(_, is_read)| *is_read).map(|(source, _)| (source, 0.0)));
    ages.extend(seen.stale.iter().map(|(source, age)| (source.as_str(), *age as f64)));
    ages.retain(|source, _| !seen.failed.contains_key(*source));
    let source = |source: &str| vec![("source", source.to_owned())];
    // One whose last answer is kept has answered before, and does not now.
    let up = ages.keys().map(|known| (source(known), f64::from(u8::from(!seen.stale.contains_key(*known)))));
    let down = seen.failed.keys().map(|failed| (source(failed), 0.0));
    metrics.sources_up.replace(name, up.chain(down).collect::<Vec<_>>());
    metrics.source_ages.replace(name, ages.iter().map(|(known, age)| (source(known), *age)));
}

/// Counts the waiting jobs that machines of the fleet could run, and those that none could.
fn matched(pass: &PassRecord) -> (Option<u64>, Option<u64>) {
    let seen = &pass.seen;
    if seen.unservable.is_some() || pass.engine != "classad" {
        return (seen.waiting, seen.unservable);
    }
    // The engine classad judges by itself, and tells of jobs that nothing fits first.
    let shares = pass.notes.iter().flat_map(|note| match note {
        Note::Placed(placement) => placement.shares.as_slice(),
        _ => &[],
    });
    let none_fits = shares.filter(|share| matches!(share.fate, Fate::Unservable { .. })).map(|share| share.jobs);
    let none_fits: u64 = none_fits.fold(0, u64::saturating_add);
    (seen.waiting.map(|waiting| waiting.saturating_sub(none_fits)), seen.waiting.map(|_| none_fits))
}

/// Returns the number of machines of each kind that shall serve by a pass, after which the fleet stands as it does.
fn targets(fleet: &Fleet, file: &FleetFile, pass: &PassRecord) -> BTreeMap<String, u64> {
    let mut targets: BTreeMap<String, u64> = file.kinds().map(|(kind, _)| (kind.to_owned(), 0)).collect();
    let of_engine: Vec<&KindTarget> = pass.notes.iter().filter_map(target).collect();
    if !of_engine.is_empty() {
        targets.extend(of_engine.iter().map(|target| (target.kind.to_string(), target.target)));
        return targets;
    }
    let mut add = |kind: &str, machines: u64| *targets.entry(kind.to_owned()).or_default() += machines;
    // What serves or comes, and what was to be launched and is refused.
    let serves = |phase: WorkerPhase| matches!(phase, WorkerPhase::Starting | WorkerPhase::Serving);
    fleet.present().filter(|worker| serves(worker.phase)).for_each(|worker| add(&worker.kind, 1));
    fleet.launching.values().for_each(|intent| add(&intent.kind, intent.names.len() as u64));
    let only = file.kinds().next().map_or(FleetFile::UNNAMED_KIND, |(kind, _)| kind);
    for refusal in pass.outcome.iter().flat_map(|outcome| &outcome.refusals) {
        let kind = match pass.decisions.get(refusal.decision) {
            Some(Decision::Launch(launch)) => launch.kind.as_deref(),
            _ => None,
        };
        add(kind.unwrap_or(only), refusal.count.into());
    }
    targets
}

fn target(note: &Note) -> Option<&KindTarget> {
    match note {
        Note::Target(target) => Some(target),
        _ => None,
    }
}

/// Shows the machines, targets and limits.
fn machines(metrics: &mut Instruments, name: &str, fleet: &Fleet, file: &FleetFile, pass: &PassRecord) {
    let market = |kind: &str| {
        let market = file.kinds().find(|(known, _)| *known == kind).and_then(|(_, kind)| kind.market);
        if market == Some(Market::Spot) { "spot" } else { "on-demand" }
    };
    let series = |kind: &str, state: &str| -> Labels {
        vec![("kind", kind.to_owned()), ("market", market(kind).to_owned()), ("state", state.to_owned())]
    };
    let mut machines: BTreeMap<Labels, f64> = BTreeMap::new();
    for (kind, _) in file.kinds() {
        for phase in PHASES {
            machines.insert(series(kind, phase_word(phase)), 0.0);
        }
        machines.insert(series(kind, "requested"), 0.0);
    }
    for worker in fleet.present() {
        *machines.entry(series(&worker.kind, phase_word(worker.phase))).or_default() += 1.0;
    }
    for intent in fleet.launching.values() {
        *machines.entry(series(&intent.kind, "requested")).or_default() += intent.names.len() as f64;
    }
    metrics.machines.replace(name, machines);
    let kind = |kind: &str| vec![("kind", kind.to_owned())];
    let targets = targets(fleet, file, pass);
    metrics.targets.replace(name, targets.iter().map(|(name, machines)| (kind(name), *machines as f64)));
    let bound = |kind: &str, bound: &str, value: u32| {
        (vec![("kind", kind.to_owned()), ("bound", bound.to_owned())], f64::from(value))
    };
    let all = [bound("", "min", pass.bounds.0), bound("", "max", pass.bounds.1)];
    let of_kinds = file.kinds().flat_map(|(name, kind)| {
        [kind.min.map(|min| bound(name, "min", min)), kind.max.map(|max| bound(name, "max", max))]
    });
    metrics.limits.replace(name, all.into_iter().chain(of_kinds.flatten()));
    let is_held = |kind: &str, holds: fn(&Limit) -> bool| {
        let is_so = pass.notes.iter().any(|note| match note {
            Note::KindLimited { kind: limited, by, .. } => &**limited == kind && holds(by),
            Note::StartLimited { by, .. } | Note::Held { by } => holds(by),
            _ => false,
        });
        f64::from(u8::from(is_so))
    };
    let held = |holds: fn(&Limit) -> bool| {
        file.kinds().map(|(name, _)| (kind(name), is_held(name, holds))).collect::<Vec<_>>()
    };
    metrics.breakers.replace(name, held(|limit| matches!(limit, Limit::Breaker { .. })));
    metrics.cooling.replace(name, held(|limit| matches!(limit, Limit::Refused { .. } | Limit::NoOffer { .. })));
}

/// Phases of machines that are shown.
const PHASES: [WorkerPhase; 5] =
    [WorkerPhase::Starting, WorkerPhase::Serving, WorkerPhase::Draining, WorkerPhase::Ending, WorkerPhase::Terminating];

fn phase_word(phase: WorkerPhase) -> &'static str {
    match phase {
        WorkerPhase::Starting => "starting",
        WorkerPhase::Serving => "serving",
        WorkerPhase::Draining => "draining",
        WorkerPhase::Ending => "ending",
        WorkerPhase::Terminating => "terminating",
        WorkerPhase::Gone => "gone",
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}
