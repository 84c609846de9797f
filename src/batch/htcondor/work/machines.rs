use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::match_attributes::{Names, matched};
use super::slot_facts::SlotFacts;
use crate::classad::ClassAd;
use crate::elastic::engine::{DrainOwner, Draining, Host, MachineId, PoolMachine, PoolSlot, Seconds, SlotKind};

/// The reason of a drain that `condor_off -peaceful` is.
const PEACEFUL: &str = "condor_off -peaceful";

/// What tells whose drains are, and which machines are silent.
pub(super) struct Judgement<'a> {
    /// The mark of the scaler's drains.
    pub(super) mark: Option<&'a str>,
    /// Time after which a machine that does not report has lost contact, in seconds.
    pub(super) silent_after: Seconds,
    /// The present time.
    pub(super) now: Seconds,
}

/// Whether a drain's reason is the scaler's: its mark, or its mark and more after a space.
pub(super) fn is_ours(reason: Option<&str>, mark: Option<&str>) -> bool {
    let (Some(reason), Some(mark)) = (reason, mark) else { return false };
    reason.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Puts the slots of each machine together, in the order in which machines joined.
pub(super) fn machines(
    slots: Vec<SlotFacts>,
    read: &Names,
    judgement: &Judgement<'_>,
    remarks: &mut Vec<String>,
) -> (Vec<PoolMachine>, Vec<Host>) {
    let mut by_machine: BTreeMap<MachineId, Vec<SlotFacts>> = BTreeMap::new();
    for slot in slots {
        if let Some(reason) = &slot.broken {
            remarks.push(format!("the slot {} is broken: {reason}; the machine should be replaced", slot.name));
        }
        by_machine.entry(slot.id.clone()).or_default().push(slot);
    }
    let mut shared = SharedAds::default();
    let both = by_machine.into_iter().map(|(id, mut slots)| {
        slots.sort_by(|left, right| left.name.cmp(&right.name));
        let host = host(&id, &slots, judgement);
        (pool_machine(id, slots, read, judgement, &mut shared), host)
    });
    let mut both: Vec<(PoolMachine, Host)> = both.collect();
    both.sort_by(|(left, _), (right, _)| (left.joined_at, &left.id).cmp(&(right.joined_at, &right.id)));
    both.into_iter().unzip()
}

fn joined_at(slots: &[SlotFacts], now: Seconds) -> Seconds {
    slots.iter().filter_map(|slot| slot.joined_at).min().unwrap_or(now)
}

/// Returns the time since which no slot has had a claim; `None` if one has, or does not tell.
fn idle_since(slots: &[SlotFacts]) -> Option<Seconds> {
    slots.iter().map(|slot| slot.idle_since).collect::<Option<Vec<Seconds>>>()?.into_iter().max()
}

fn host(id: &MachineId, slots: &[SlotFacts], judgement: &Judgement<'_>) -> Host {
    let busy = slots.iter().fold(0_u32, |sum, slot| sum.saturating_add(slot.claims));
    // What is left of a partitionable slot is a slot.
    let free = |slot: &&SlotFacts| slot.claims == 0 || (slot.kind == SlotKind::Partitionable && slot.has_room);
    let free = u32::try_from(slots.iter().filter(free).count()).unwrap_or(u32::MAX);
    let heard_at = slots.iter().filter_map(|slot| slot.heard_at).max();
    Host {
        id: id.clone(),
        busy,
        slots: busy.saturating_add(free),
        joined_at: joined_at(slots, judgement.now),
        idle_since: idle_since(slots),
        silent: heard_at.is_some_and(|heard| judgement.now.saturating_sub(heard) > judgement.silent_after),
    }
}

fn draining(slots: &[SlotFacts], mark: Option<&str>) -> Option<Draining> {
    let drains: Vec<_> = slots.iter().filter_map(|slot| slot.draining.as_ref()).collect();
    // Of a machine with several startds a person may have drained one.
    let foreign = drains.iter().find(|drain| !is_ours(drain.reason.as_deref(), mark));
    if let Some(drain) = foreign.or(drains.first()) {
        let by = if foreign.is_some() { DrainOwner::Person } else { DrainOwner::Scaler };
        return Some(Draining { by, request: drain.request.clone(), reason: drain.reason.clone() });
    }
    let leaving = slots.iter().any(|slot| slot.is_leaving);
    leaving.then(|| Draining { by: DrainOwner::Person, request: None, reason: Some(PEACEFUL.into()) })
}

fn pool_machine(
    id: MachineId,
    slots: Vec<SlotFacts>,
    read: &Names,
    judgement: &Judgement<'_>,
    shared: &mut SharedAds,
) -> PoolMachine {
    PoolMachine {
        id,
        joined_at: joined_at(&slots, judgement.now),
        idle_since: idle_since(&slots),
        has_served: slots.iter().any(|slot| slot.has_served),
        draining: draining(&slots, judgement.mark),
        drain_spares_jobs: slots.iter().all(|slot| slot.spares_jobs),
        slots: slots
            .into_iter()
            .map(|slot| PoolSlot {
                ad: shared.share(matched(&slot.ad, read)),
                name: slot.name,
                kind: slot.kind,
                state: slot.state,
                claims: slot.claims,
            })
            .collect(),
    }
}

/// Ads of which equal ones are kept once.
#[derive(Default)]
struct SharedAds(HashMap<u64, Vec<Arc<ClassAd>>>);

impl SharedAds {
    fn share(&mut self, ad: ClassAd) -> Arc<ClassAd> {
        let mut hasher = DefaultHasher::new();
        ad.to_string().hash(&mut hasher);
        let alike = self.0.entry(hasher.finish()).or_default();
        if let Some(known) = alike.iter().find(|known| ***known == ad) {
            return Arc::clone(known);
        }
        let ad = Arc::new(ad);
        alike.push(Arc::clone(&ad));
        ad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(machine: &str, number: u32, more: &str) -> SlotFacts {
        let text = format!(
            "Name = \"slot{number}@{machine}\"\nMachine = \"{machine}\"\nSlotType = \"Static\"\nStart = true\nState = \"Unclaimed\"\nCpus = 1\n\
             DaemonStartTime = 100\nEnteredCurrentState = {number}00\nLastHeardFrom = 990\nMyCurrentTime = 990\n{more}"
        );
        SlotFacts::of(ClassAd::from_long_text(&text).unwrap()).unwrap()
    }

    fn put_together(slots: Vec<SlotFacts>) -> (Vec<PoolMachine>, Vec<Host>) {
        let judgement = Judgement { mark: Some("hoist a/1"), silent_after: 300, now: 1000 };
        machines(slots, &Names::new(), &judgement, &mut Vec::new())
    }

    #[test]
    fn slots_of_a_machine_are_put_together_and_alike_ones_share_an_ad() {
        let slots = vec![slot("b", 1, ""), slot("a", 2, ""), slot("a", 1, "State = \"Claimed\""), slot("c", 1, "")];
        let (pool, hosts) = put_together(slots);
        assert_eq!(pool.iter().map(|machine| machine.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!((hosts[0].busy, hosts[0].slots, hosts[0].idle_since, hosts[0].silent), (1, 2, None, false));
        assert_eq!((pool[0].claims(), pool[1].idle_since), (1, Some(100)));
        assert!(Arc::ptr_eq(&pool[1].slots[0].ad, &pool[2].slots[0].ad));
    }

    #[test]
    fn drains_have_owners() {
        let owner = |more: &str| put_together(vec![slot("a", 1, more)]).0[0].draining.clone().map(|drain| drain.by);
        let drained =
            |reason: &str| owner(&format!("Draining = true\nState = \"Drained\"\nDrainReason = \"{reason}\""));
        assert_eq!(owner(""), None);
        assert_eq!(drained("hoist a/1"), Some(DrainOwner::Scaler));
        assert_eq!(drained("hoist a/1 idle"), Some(DrainOwner::Scaler));
        assert_eq!(drained("hoist a/12"), Some(DrainOwner::Person));
        assert_eq!(owner("Draining = true"), Some(DrainOwner::Person));
        let mixed = vec![
            slot("a", 1, "Draining = true\nDrainReason = \"hoist a/1\""),
            slot("a", 2, "Draining = true\nDrainReason = \"repair\""),
        ];
        assert_eq!(put_together(mixed).0[0].draining.as_ref().unwrap().by, DrainOwner::Person);
    }

    #[test]
    fn a_machine_that_does_not_report_is_silent() {
        assert!(put_together(vec![slot("a", 1, "LastHeardFrom = 600\nMyCurrentTime = 600")]).1[0].silent);
    }
}
