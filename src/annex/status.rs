//! Where an annex stands: what the cloud says of its instances, joined with what the pool says of their slots.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::annex::{AnnexId, AnnexInstance, ObservedAnnex};
use crate::batch::htcondor::Slot;
use crate::provider::InstanceState;

/// How long an instance may run before it should have joined its pool: as long as installing HTCondor takes on a small
/// machine with a slow mirror, several times over.
pub const JOIN_GRACE: Duration = Duration::from_secs(600);

/// An annex, seen from both sides at one moment.
#[derive(Clone, Debug)]
pub struct AnnexStatus {
    /// Which annex.
    pub id: AnnexId,
    /// What the cloud says of the whole.
    pub seen: ObservedAnnex,
    /// When both were asked.
    pub now: Timestamp,
    /// Whether the instances are to join a pool, and the pool was asked.
    pub is_pool_known: bool,
    /// Its instances, in the order of their ids.
    pub rows: Vec<Row>,
    /// Slots of the annex on no instance of it, by machine.
    pub strays: Strays,
}

/// An instance of an annex.
#[derive(Clone, Debug)]
pub struct Row {
    /// As the cloud has it.
    pub instance: AnnexInstance,
    /// Its slots; none where it has none.
    pub slots: Option<SlotSummary>,
    /// What is not as it should be.
    pub mark: Option<MemberIssue>,
}

/// What is not as it should be with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberIssue {
    /// It has run for longer than it should, and the pool does not know it.
    NotJoined,
    /// It is gone for good, and the pool still has slots of it.
    Gone,
}

/// The slots of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotSummary {
    /// Their names.
    pub names: Vec<String>,
    /// How many there are, without those that have nothing left to give.
    pub count: usize,
    /// How many of them belong to jobs.
    pub claimed: usize,
    /// The state that tells most of the machine: that of a slot with a job before that of one without.
    pub state: String,
    /// What that slot does.
    pub activity: String,
    /// Since when all of them are without a job; none where one has a job, or where nobody said it.
    pub idle_since: Option<Timestamp>,
}

/// Slots on no instance of the annex, by the id that their machine gives itself, or by its address.
pub type Strays = Vec<UnknownSlot>;

/// A machine that the pool takes for one of the annex and the cloud does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSlot {
    /// The id that it gives itself.
    pub instance: Option<String>,
    /// Its address.
    pub address: Option<IpAddr>,
    /// Its slots.
    pub slots: SlotSummary,
}

/// Joins both sides; each instance and each slot is in it exactly once. `slots` is `None` where there is no pool, or it
/// was not asked: nothing is marked then.
///
/// A slot is its machine's by the instance id that it says; one that says none, by an address that only one instance
/// has.
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
        let mark = is_pool_known.then(|| mark(&instance, slots.is_some(), now, grace)).flatten();
        Row { instance, slots, mark }
    });
    AnnexStatus { id, seen, now, is_pool_known, rows: rows.collect(), strays }
}

/// The instances by their addresses; none for one that several have, such as those of the local cloud's that share this
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
    /// Whether it runs jobs, as far as is known.
    pub fn is_busy(&self) -> bool {
        self.slots.as_ref().is_some_and(|slots| slots.claimed > 0)
    }
}

impl SlotSummary {
    /// Of one machine's slots; none of none.
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

/// The smaller, the more it tells of its machine.
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
