use std::sync::Arc;

use super::match_attributes::is_statistic;
use super::retirement::spares;
use crate::classad::{ClassAd, Expression, Literal, Node, Scope, Value, evaluate};
use crate::elastic::engine::{MachineId, Seconds, SlotKind, SlotState};

/// The difference of two machines' clocks, in seconds, that is corrected; below it is the age of a report.
const CLOCKS_APART: Seconds = 30;

/// A drain as a slot tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlotDrain {
    /// `DrainReason`.
    pub(super) reason: Option<Arc<str>>,
    /// `DrainingRequestId`, by which the machine tells drains apart.
    pub(super) request: Option<Arc<str>>,
}

/// A slot of the pool that is not dynamic, as its ad tells it.
#[derive(Clone, Debug)]
pub(super) struct SlotFacts {
    /// The identity of its machine: `HoistInstance`, else `EC2InstanceID`, else `Machine`.
    pub(super) id: MachineId,
    /// Its name, such as `slot1@host`.
    pub(super) name: Arc<str>,
    pub(super) kind: SlotKind,
    pub(super) state: SlotState,
    /// Number of claims on it.
    pub(super) claims: u32,
    /// Whether it has processors that no job has.
    pub(super) has_room: bool,
    /// Time at which its startd started, as far as it tells.
    pub(super) joined_at: Option<Seconds>,
    /// Time since which it has had no claim, if it has none and tells.
    pub(super) idle_since: Option<Seconds>,
    /// Whether it has ever been claimed, as far as it tells.
    pub(super) has_served: bool,
    pub(super) draining: Option<SlotDrain>,
    /// Whether its startd waits for its jobs and ends then (`condor_off -peaceful`). Such a slot looks free: only its
    /// undefined `Start` tells, and nothing revokes it.
    pub(super) is_leaving: bool,
    /// Whether a graceful drain lets its jobs end.
    pub(super) spares_jobs: bool,
    /// Time at which the collector last heard from it.
    pub(super) heard_at: Option<Seconds>,
    /// The reason why it is out of order, since version 24.
    pub(super) broken: Option<String>,
    /// Its attributes without counters.
    pub(super) ad: ClassAd,
}

impl SlotFacts {
    /// Reads a slot's ad; `None` if it does not tell its machine or its name.
    pub(super) fn of(ad: ClassAd) -> Option<Self> {
        let text = |name: &str| ad.text(name).filter(|text| !text.is_empty());
        let id = text("HoistInstance").or_else(|| text("EC2InstanceID")).or_else(|| text("Machine"))?;
        let (id, name) = (MachineId::new(id), text("Name")?.into());
        let partitionable = ad.is_true("PartitionableSlot") || ad.text("SlotType") == Some("Partitionable");
        let kind = if partitionable { SlotKind::Partitionable } else { SlotKind::Static };
        let is_draining = ad.is_true("Draining");
        let is_leaving = !is_draining && ad.attribute("Start").is_none();
        let broken = text("SlotBrokenReason").map(str::to_owned);
        let state = match text("State") {
            _ if broken.is_some() => SlotState::Closed,
            Some("Unclaimed") if is_draining => SlotState::Drained,
            Some("Unclaimed") if is_leaving => SlotState::Closed,
            Some("Unclaimed") => SlotState::Unclaimed,
            Some(state) if is_claim(state) => SlotState::Claimed,
            Some("Drained") => SlotState::Drained,
            Some("Owner") => SlotState::Owner,
            _ => SlotState::Closed,
        };
        let claims = claims(&ad, kind, state);
        let idle_since = if claims > 0 { None } else { idle_since(&ad, kind) };
        // The machine's clock and the collector's, by the report that both know the time of.
        let skew = match (ad.int("LastHeardFrom"), ad.int("MyCurrentTime")) {
            (Some(heard), Some(sent)) if heard.abs_diff(sent) > CLOCKS_APART.unsigned_abs() => {
                heard.saturating_sub(sent)
            }
            _ => 0,
        };
        let here = |time: Option<Seconds>| time.map(|time| time.saturating_add(skew));
        Some(Self {
            id,
            name,
            kind,
            state,
            claims,
            has_room: ad.real("Cpus").is_some_and(|cpus| cpus > 0.0),
            joined_at: here(ad.int("DaemonStartTime").or_else(|| ad.int("EnteredCurrentState"))),
            idle_since: here(idle_since),
            has_served: claims > 0 || ["JobStarts", "ActivationRequests"].iter().any(|name| ad.int(name) > Some(0)),
            draining: is_draining.then(|| SlotDrain {
                reason: ad.text("DrainReason").map(Arc::from),
                request: ad.text("DrainingRequestId").map(Arc::from),
            }),
            is_leaving,
            spares_jobs: spares(seconds(&ad, "MaxJobRetirementTime"), retirements(&ad, kind)),
            heard_at: ad.int("LastHeardFrom"),
            broken,
            ad: ad
                .iter()
                .filter(|(name, _)| !is_statistic(name.lower()))
                .map(|(name, expression)| (name.clone(), expression.clone()))
                .collect(),
        })
    }

    /// Returns the name of its startd, which a machine may have several of: what follows `slot1@`.
    pub(super) fn startd(&self) -> &str {
        self.name.split_once('@').map_or(&*self.name, |(_, startd)| startd)
    }
}

/// Whether a slot in this state has a claim: a job is there, about to be, or on its way out.
fn is_claim(state: &str) -> bool {
    matches!(state, "Claimed" | "Matched" | "Preempting")
}

/// Returns the constants of a list attribute.
fn list<'a>(ad: &'a ClassAd, name: &str) -> Option<Vec<Option<&'a Literal>>> {
    let Expression::Node(node) = ad.attribute(name)? else { return None };
    let Node::List(items) = &**node else { return None };
    let constant = |item: &'a Expression| if let Expression::Literal(literal) = item { Some(literal) } else { None };
    Some(items.iter().map(constant).collect())
}

/// Returns the number of claims. Without lists of dynamic slots (`ADVERTISE_PSLOT_ROLLUP_INFORMATION`) each of these
/// counts.
fn claims(ad: &ClassAd, kind: SlotKind, state: SlotState) -> u32 {
    if kind == SlotKind::Static {
        return u32::from(state == SlotState::Claimed || ad.text("State").is_some_and(is_claim));
    }
    let claimed = match list(ad, "ChildState") {
        Some(states) => states
            .into_iter()
            .filter(|state| matches!(state, Some(Literal::String(state)) if is_claim(state)))
            .count()
            .try_into()
            .unwrap_or(u32::MAX),
        None => ad.int("NumDynamicSlots").and_then(|slots| slots.try_into().ok()).unwrap_or(0),
    };
    // A partitionable slot itself may be claimed as a whole.
    claimed.saturating_add(u32::from(state == SlotState::Claimed))
}

/// Returns the time since which a slot without claims has had none.
fn idle_since(ad: &ClassAd, kind: SlotKind) -> Option<Seconds> {
    match kind {
        SlotKind::Static => ad.int("EnteredCurrentState"),
        // Drains and their ends do not touch this clock, as they do `EnteredCurrentActivity`.
        SlotKind::Partitionable if ad.int("NumDynamicSlots") == Some(0) => ad.int("NumDynamicSlotsTime"),
        SlotKind::Partitionable => None,
    }
}

/// Returns the time that each running job has left when its slot is drained.
fn retirements(ad: &ClassAd, kind: SlotKind) -> Vec<Option<Seconds>> {
    let whole = |literal: Option<&Literal>| if let Some(Literal::Integer(left)) = literal { Some(*left) } else { None };
    if kind == SlotKind::Static {
        let runs = ad.text("State").is_some_and(is_claim) && ad.text("Activity") != Some("Idle");
        return if runs { vec![ad.int("RetirementTimeRemaining")] } else { Vec::new() };
    }
    let of = |name| list(ad, name).unwrap_or_default();
    let (states, activities) = (of("ChildState"), of("ChildActivity"));
    let left = of("ChildRetirementTimeRemaining");
    let is = |literal: Option<&Option<&Literal>>, check: fn(&str) -> bool| matches!(literal, Some(Some(Literal::String(text))) if check(text));
    (0..states.len())
        .filter(|&child| is(states.get(child), is_claim) && !is(activities.get(child), |activity| activity == "Idle"))
        .map(|child| whole(left.get(child).copied().flatten()))
        .collect()
}

/// Returns the number of seconds that an attribute is or evaluates to.
fn seconds(ad: &ClassAd, name: &str) -> Option<Seconds> {
    match evaluate(ad.attribute(name)?, Scope::new(ad, None, 0)).value {
        Value::Integer(seconds) => Some(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
