//! The status of an annex: its instances in the cloud, joined with their slots in the pool.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::annex::{AnnexId, AnnexInstance, Dollars, JoinFailure, ObservedAnnex};
use crate::batch::htcondor::Slot;
use crate::provider::InstanceState;

/// How long an instance may run before it should have joined its pool: several times the time that installing HTCondor
/// takes on a small instance with a slow mirror.
pub const JOIN_GRACE: Duration = Duration::from_secs(600);

/// The status of an annex in cloud and pool at one moment.
#[derive(Clone, Debug)]
pub struct AnnexStatus {
    /// Its identity.
    pub id: AnnexId,
    /// Its state in the cloud.
    pub seen: ObservedAnnex,
    /// The time of the queries.
    pub now: Timestamp,
    /// Whether the instances are to join a pool, and the pool was queried.
    pub is_pool_known: bool,
    /// Its instances, in the order of their ids.
    pub rows: Vec<Row>,
    /// Slots of the annex that belong to no instance of it, by machine.
    pub strays: Strays,
    /// How many of its instances are late in the pool, and were not asked why: only so many are at a time.
    pub late_unasked: usize,
    /// What the disks of its living instances cost an hour together, where known.
    pub disks: Option<Dollars>,
}

/// An instance of an annex.
#[derive(Clone, Debug)]
pub struct Row {
    /// The instance in the cloud.
    pub instance: AnnexInstance,
    /// Its slots; `None` without any.
    pub slots: Option<SlotSummary>,
    /// Its problem, if any.
    pub mark: Option<MemberIssue>,
    /// Why it is not in the pool, where that was asked for and it tells.
    pub failure: Option<JoinFailure>,
}

/// A problem of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberIssue {
    /// It has run beyond the grace period and is not in the pool.
    NotJoined,
    /// It has terminated, and the pool still has slots of it.
    Gone,
    /// It carries the annex's tag and is in none of its groups.
    Astray,
}

/// The slots of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotSummary {
    /// Their names.
    pub names: Vec<String>,
    /// Their number, without slots whose resources are all given away.
    pub count: usize,
    /// The number that belong to jobs.
    pub claimed: usize,
    /// The most telling state: a slot with a job ranks before one without.
    pub state: String,
    /// The activity of that slot.
    pub activity: String,
    /// Since when all of them have been without a job; `None` if one has a job, or if unknown.
    pub idle_since: Option<Timestamp>,
}

/// Slots that belong to no instance of the annex, by the id or the address that their machine reports.
pub type Strays = Vec<UnknownSlot>;

/// A machine that belongs to the annex according to the pool, but not the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSlot {
    /// The instance id that it reports.
    pub instance: Option<String>,
    /// Its address.
    pub address: Option<IpAddr>,
    /// Its slots.
    pub slots: SlotSummary,
}

/// Joins instances and slots; each is in the result exactly once. `slots` is `None` without a pool or when it was not
/// queried; no instance is marked for its slots then.
///
/// A slot is matched by the instance id that it reports, or else by its address, if only one instance has that.
pub fn join(
    id: AnnexId,
    seen: ObservedAnnex,
    mut instances: Vec<AnnexInstance>,
    slots: Option<Vec<Slot>>,
    now: Timestamp,
    grace: Duration,
) -> AnnexStatus {
    instances.sort_by(|one, other| one.id.cmp(&other.id));
    let known: BTreeSet<&str> = instances.iter().map(|instance| instance.id.as_str()).collect();
    let by_address = addresses(&instances);
    let is_pool_known = slots.is_some();
    let mut of_instance: BTreeMap<String, Vec<Slot>> = BTreeMap::new();
    let mut astray: BTreeMap<(Option<String>, Option<IpAddr>), Vec<Slot>> = BTreeMap::new();
    for slot in slots.unwrap_or_default() {
        let owner = match &slot.instance {
            Some(id) => known.get(id.as_str()).copied(),
            None => slot.address.and_then(|address| by_address.get(&address).copied().flatten()),
        };
        match owner {
            Some(owner) => of_instance.entry(owner.to_owned()).or_default().push(slot),
            None => astray.entry((slot.instance.clone(), slot.address)).or_default().push(slot),
        }
    }
    let strays = astray.into_iter().filter_map(|((instance, address), slots)| {
        Some(UnknownSlot { instance, address, slots: SlotSummary::of(slots)? })
    });
    let strays = strays.collect();
    let rows = instances.into_iter().map(|instance| {
        let slots = of_instance.remove(&instance.id).and_then(SlotSummary::of);
        let mark = match instance.astray && !instance.state.is_gone() {
            true => Some(MemberIssue::Astray),
            false => is_pool_known.then(|| mark(&instance, slots.is_some(), now, grace)).flatten(),
        };
        Row { instance, slots, mark, failure: None }
    });
    AnnexStatus { id, seen, now, is_pool_known, rows: rows.collect(), strays, late_unasked: 0, disks: None }
}

impl AnnexStatus {
    /// Adds what the cloud's instances do not tell: what those on demand cost, by the list price of their pool, and
    /// what the disks do, with the hourly price of the disk of an instance of each pool.
    pub fn add_prices(&mut self, list_price: impl Fn(usize) -> Option<Dollars>, disks: &[Option<Dollars>]) {
        for Row { instance, .. } in &mut self.rows {
            if !instance.spot && !instance.state.is_gone() {
                instance.price = instance.price.or(list_price(instance.pool));
            }
        }
        let mut living = self.rows.iter().map(|row| &row.instance).filter(|instance| !instance.state.is_gone());
        self.disks = living.try_fold(Dollars::default(), |sum, instance| sum.plus((*disks.get(instance.pool)?)?));
    }
}

/// Maps addresses to instances; to `None` for shared addresses, such as those of local instances that share this
/// machine's.
fn addresses(instances: &[AnnexInstance]) -> BTreeMap<IpAddr, Option<&str>> {
    let mut found: BTreeMap<IpAddr, Option<&str>> = BTreeMap::new();
    for instance in instances.iter().filter(|instance| instance.state != InstanceState::Terminated) {
        let both = [&instance.private_address, &instance.address];
        let addresses: BTreeSet<IpAddr> = both.into_iter().flatten().filter_map(|text| text.parse().ok()).collect();
        for address in addresses {
            found.entry(address).and_modify(|owner| *owner = None).or_insert(Some(&instance.id));
        }
    }
    found
}

fn mark(instance: &AnnexInstance, has_slots: bool, now: Timestamp, grace: Duration) -> Option<MemberIssue> {
    let grace = SignedDuration::try_from(grace).unwrap_or(SignedDuration::MAX);
    match instance.state {
        InstanceState::Running if !has_slots && now.duration_since(instance.launched_at) > grace => {
            Some(MemberIssue::NotJoined)
        }
        InstanceState::Terminated | InstanceState::Stopped if has_slots => Some(MemberIssue::Gone),
        _ => None,
    }
}

impl Row {
    /// Whether it should be in the pool by now, and is not: it runs, for longer than this.
    pub fn is_late(&self, now: Timestamp, quiet: Duration) -> bool {
        let quiet = SignedDuration::try_from(quiet).unwrap_or(SignedDuration::MAX);
        let age = now.duration_since(self.instance.launched_at);
        self.slots.is_none() && self.instance.state == InstanceState::Running && age > quiet
    }

    /// Whether it is known to run jobs.
    pub fn is_busy(&self) -> bool {
        self.slots.as_ref().is_some_and(|slots| slots.claimed > 0)
    }
}

impl SlotSummary {
    /// Summarises one machine's slots; `None` for no slots.
    pub fn of(mut slots: Vec<Slot>) -> Option<Self> {
        slots.sort_by(|one, other| one.name.cmp(&other.name));
        let telling = slots.iter().min_by_key(|slot| (rank(slot), &slot.name))?;
        let claimed = slots.iter().filter(|slot| slot.is_claimed()).count();
        let since: Option<Vec<Timestamp>> = slots.iter().map(|slot| slot.since).collect();
        Some(Self {
            count: slots.iter().filter(|slot| !slot.is_used_up).count(),
            claimed,
            state: telling.state.clone(),
            activity: telling.activity.clone(),
            idle_since: since.filter(|_| claimed == 0).and_then(|since| since.into_iter().max()),
            names: slots.into_iter().map(|slot| slot.name).collect(),
        })
    }
}

/// Ranks slots: the smaller, the more telling.
fn rank(slot: &Slot) -> u8 {
    match (slot.state.as_str(), slot.is_used_up) {
        ("Claimed", _) => 0,
        ("Preempting", _) => 1,
        ("Matched", _) => 2,
        ("Drained", _) => 3,
        (_, false) => 4,
        (_, true) => 5,
    }
}

#[cfg(test)]
mod tests;
