use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::pool_machine::PoolMachine;
use super::super::pool_slot::{PoolSlot, SlotKind, SlotState};
use super::super::quick_hash::QuickMap;
use super::super::seconds::Seconds;
use super::bin::{Bin, Role};
use super::fleet::Fleet;
use super::match_cache::{MatchCache, SlotClass};
use super::member::Member;
use super::resources::Resources;
use super::standing::Standing;
use super::stock::Stock;
use super::template::Template;
use crate::classad::ClassAd;

/// Steps in seconds in which the ends of machines are told apart.
const END_STEP: Seconds = 300;

/// One slot with the room that it has or will have.
struct Offer<'a> {
    role: Role,
    unit: usize,
    of: usize,
    kind: SlotKind,
    /// What jobs are matched with.
    ad: &'a Arc<ClassAd>,
    /// What has the room, if that is another.
    room: &'a Arc<ClassAd>,
    ends_at: Option<Seconds>,
    reopened: bool,
}

/// Returns the slots' ads that jobs are matched with in a pass.
pub(super) fn ads<'a>(fleet: &Fleet<'a>, templates: &'a [Template]) -> Vec<&'a Arc<ClassAd>> {
    let mut ads: Vec<&'a Arc<ClassAd>> =
        templates.iter().flat_map(|template| template.slots.iter().map(|slot| &slot.ad)).collect();
    for machine in fleet.members.iter().filter_map(|member| member.pool).chain(fleet.others.iter().copied()) {
        ads.extend(machine.slots.iter().map(|slot| &slot.ad));
    }
    ads
}

/// Puts alike slots of the fleet and of the pool together, by role. All ads have been taken in.
///
/// Of draining members those at the first positions are among them, and those at the second ones serve already.
pub(super) fn bins(
    fleet: &Fleet<'_>,
    templates: &[Template],
    draining: (&BTreeSet<usize>, &BTreeSet<usize>),
    cache: &MatchCache,
) -> Stock {
    type Key = (Role, SlotKind, SlotClass, u32, Option<Seconds>, usize, bool);
    let mut stock = Stock::new(templates.len());
    let mut places: QuickMap<Key, usize> = QuickMap::default();
    let mut last: Option<(Key, usize)> = None;
    offers(fleet, templates, draining, &mut |offer| {
        let Some(class) = cache.class(offer.ad) else { return };
        let alike = Arc::ptr_eq(offer.ad, offer.room);
        let Some(of_room) = (if alike { Some(class) } else { cache.class(offer.room) }) else { return };
        let room = cache.room(of_room);
        if Resources::is_nothing(room) {
            return;
        }
        let ends_at = offer.ends_at.map(|end| end.div_euclid(END_STEP).saturating_mul(END_STEP));
        let list = stock.list(offer.role, offer.of);
        // Slots in a row are often alike.
        let key = (offer.role, offer.kind, class, of_room.room, ends_at, offer.of, offer.reopened);
        if let Some((known, place)) = last
            && known == key
        {
            list[place].units.push(offer.unit);
            return;
        }
        let place = *places.entry(key).or_insert_with(|| {
            list.push(Bin {
                class: SlotClass { room: of_room.room, ..class },
                ad: if alike {
                    Arc::clone(offer.ad)
                } else {
                    Arc::new(cache.resources().with_amounts(offer.ad, offer.room))
                },
                kind: offer.kind,
                room: room.to_vec(),
                ends_at,
                reopened: offer.reopened,
                units: Vec::new(),
            });
            list.len() - 1
        });
        list[place].units.push(offer.unit);
        last = Some((key, place));
    });
    for list in stock.lists_mut() {
        for bin in list.iter_mut() {
            // Those that have been idle for longest are used last, so that they are the ones to go.
            bin.units.sort_by_key(|unit| fleet.members.get(*unit).and_then(|member| member.idle_since));
        }
        list.sort_by_key(Bin::order);
    }
    stock
}

/// Makes the bins of new machines of a kind, whose units begin at `first`.
pub(super) fn new_bins(template: &Template, cache: &MatchCache, first: usize, count: usize) -> Vec<Bin> {
    let bins = template.slots.iter().filter_map(|slot| {
        let each = usize::try_from(slot.count).unwrap_or(usize::MAX);
        Some(Bin {
            class: cache.class(&slot.ad)?,
            ad: Arc::clone(&slot.ad),
            kind: slot.kind,
            room: cache.resources().room(&slot.ad),
            ends_at: None,
            reopened: false,
            units: (first..first.saturating_add(count)).rev().flat_map(|unit| (0..each).map(move |_| unit)).collect(),
        })
    });
    bins.collect()
}

fn offers(
    fleet: &Fleet<'_>,
    templates: &[Template],
    (reusable, resumed): (&BTreeSet<usize>, &BTreeSet<usize>),
    take: &mut dyn FnMut(Offer<'_>),
) {
    for machine in fleet.others.iter().filter(|machine| machine.draining.is_none()) {
        let place = Place { unit: Bin::NO_UNIT, of: Bin::NO_UNIT, ends_at: None, reopened: false };
        open_slots(machine).for_each(|slot| take(place.offer(Role::Busy, slot.kind, &slot.ad, &slot.ad)));
    }
    for (unit, member) in fleet.members.iter().enumerate() {
        let template = member.kind.and_then(|kind| templates.get(kind));
        let place = Place::of(unit, member);
        match (member.standing, member.pool) {
            (Standing::Serving, Some(pool)) if pool.draining.is_none() => {
                let role = if member.claims > 0 { Role::Busy } else { Role::Idle };
                open_slots(pool).for_each(|slot| take(place.offer(role, slot.kind, &slot.ad, &slot.ad)));
            }
            // A drain whose cancellation the pool does not show yet.
            (Standing::Serving, Some(pool)) => reopened(&place, Role::Idle, pool, template, take),
            (Standing::Draining, Some(pool)) if reusable.contains(&unit) || resumed.contains(&unit) => {
                let role = if !resumed.contains(&unit) {
                    Role::Draining
                } else if member.claims > 0 {
                    Role::Busy
                } else {
                    Role::Idle
                };
                let place = Place { reopened: resumed.contains(&unit), ..place };
                reopened(&place, role, pool, template, take);
            }
            (Standing::Coming, _) => {
                for slot in template.into_iter().flat_map(|template| &template.slots) {
                    (0..slot.count).for_each(|_| take(place.offer(Role::Coming, slot.kind, &slot.ad, &slot.ad)));
                }
            }
            _ => {}
        }
    }
}

/// What the offers of one machine have in common.
struct Place {
    unit: usize,
    of: usize,
    ends_at: Option<Seconds>,
    reopened: bool,
}

impl Place {
    fn of(unit: usize, member: &Member<'_>) -> Place {
        Place { unit, of: member.kind.unwrap_or(Bin::NO_UNIT), ends_at: member.ends_at(), reopened: false }
    }

    fn offer<'a>(&self, role: Role, kind: SlotKind, ad: &'a Arc<ClassAd>, room: &'a Arc<ClassAd>) -> Offer<'a> {
        let Place { unit, of, ends_at, reopened } = *self;
        Offer { role, unit, of, kind, ad, room, ends_at, reopened }
    }
}

fn open_slots(machine: &PoolMachine) -> impl Iterator<Item = &PoolSlot> {
    machine.slots.iter().filter(|slot| slot.state == SlotState::Unclaimed)
}

/// Offers what the slots of a draining machine have left, matched by the ads of its kind: its own refuse every job.
fn reopened(
    place: &Place,
    role: Role,
    pool: &PoolMachine,
    template: Option<&Template>,
    take: &mut dyn FnMut(Offer<'_>),
) {
    for slot in &pool.slots {
        let known = template.and_then(|template| template.slots.iter().find(|known| known.kind == slot.kind));
        let taken = slot.kind == SlotKind::Static && slot.claims > 0;
        if let (Some(known), false) = (known, taken) {
            take(place.offer(role, slot.kind, &known.ad, &slot.ad));
        }
    }
}
