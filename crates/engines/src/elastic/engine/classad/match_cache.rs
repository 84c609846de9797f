use std::sync::{Arc, Weak};

use super::super::quick_hash::QuickMap;
use super::attribute_use::AttributeUse;
use super::fit::{Fit, fit};
use super::profile::Profile;
use super::request::Request;
use super::resources::Resources;
use super::significance::Significance;
use super::slot_shape::{Shape, shape_hash};
use crate::classad::ClassAd;

/// Numbers of a slot's shape and of its amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SlotClass {
    /// Of the shape.
    pub(super) shape: u32,
    /// Of the amounts.
    pub(super) room: u32,
}

/// Whether jobs and slots match, and what a job would take.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// Whether they match.
    pub(super) fit: Fit,
    /// What a job would take.
    pub(super) request: Arc<Request>,
    /// Time of the evaluation, if the time matters.
    at: Option<i64>,
}

/// Results of matches, for one pass and for later ones as long as the ads are the same.
///
/// It holds what can be found out again at any time, so it is no part of stored memory, and two are always equal.
#[derive(Clone, Debug, Default)]
pub(super) struct MatchCache {
    resources: Resources,
    significance: Significance,
    /// The number of each job's ad by its address, which stays its own while the reference exists.
    profiles: QuickMap<usize, (Weak<ClassAd>, u32)>,
    profile_list: Vec<Profile>,
    /// The same of slots' ads.
    classes: QuickMap<usize, (Weak<ClassAd>, SlotClass)>,
    shapes: Vec<Shape>,
    by_hash: QuickMap<u64, Vec<u32>>,
    rooms: QuickMap<Arc<[i64]>, u32>,
    /// The amounts by their number.
    room_list: Vec<Arc<[i64]>>,
    /// By profile, shape, and amounts if they matter.
    verdicts: QuickMap<(u32, u32, Option<u32>), Verdict>,
}

impl PartialEq for MatchCache {
    fn eq(&self, _: &MatchCache) -> bool {
        true
    }
}

/// Largest number of results that are kept from one pass to the next.
const MOST_VERDICTS: usize = 200_000;

impl MatchCache {
    /// Returns the resources.
    pub(super) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Looks at all ads of a pass. Afterwards each has its number.
    pub(super) fn take_in(&mut self, jobs: &[&Arc<ClassAd>], slots: &[&Arc<ClassAd>], now: i64) {
        self.sweep(jobs.len(), slots.len());
        let is_new = |slot: &&&Arc<ClassAd>| !self.classes.contains_key(&(Arc::as_ptr(slot) as usize));
        let new: Vec<&Arc<ClassAd>> = slots.iter().filter(is_new).copied().collect();
        let learned = new.iter().filter(|slot| self.resources.learn(slot)).count();
        if learned > 0 {
            *self = MatchCache { resources: std::mem::take(&mut self.resources), ..MatchCache::default() };
        }
        let mut reads = AttributeUse::default();
        for job in jobs {
            let next = self.profile_list.len();
            self.profiles.entry(Arc::as_ptr(job) as usize).or_insert_with(|| {
                self.profile_list.push(Profile::new(job, &self.resources, now, &mut reads));
                (Arc::downgrade(job), u32::try_from(next).unwrap_or(u32::MAX))
            });
        }
        let mut grown = self.significance.add(&reads, &self.resources);
        // Those that are known stay so, unless what matters of a slot grows.
        let mut looked_at = if learned > 0 { slots } else { &new };
        let mut position = 0;
        loop {
            if grown {
                self.forget_slots();
                (looked_at, position) = (slots, 0);
            }
            let Some(slot) = looked_at.get(position) else { break };
            position += 1;
            let is_known = self.classes.contains_key(&(Arc::as_ptr(slot) as usize));
            grown = !is_known && self.significance.follow(slot, &self.resources);
            if !is_known && !grown {
                let class = self.classify(slot);
                self.classes.insert(Arc::as_ptr(slot) as usize, (Arc::downgrade(slot), class));
            }
        }
    }

    /// Returns the number of a job's ad, which was taken in.
    pub(super) fn profile(&self, job: &Arc<ClassAd>) -> Option<u32> {
        self.profiles.get(&(Arc::as_ptr(job) as usize)).map(|(_, number)| *number)
    }

    /// Returns the amounts of a slot.
    pub(super) fn room(&self, class: SlotClass) -> &[i64] {
        self.room_list.get(class.room as usize).map_or(&[], |room| room)
    }

    /// Returns the numbers of a slot's ad, which was taken in.
    pub(super) fn class(&self, slot: &Arc<ClassAd>) -> Option<SlotClass> {
        self.classes.get(&(Arc::as_ptr(slot) as usize)).map(|(_, class)| *class)
    }

    /// Tells whether a match depends on the slot's own amounts.
    pub(super) fn is_exact(&self, profile: u32, shape: u32) -> bool {
        self.profile_list.get(profile as usize).is_none_or(|profile| profile.exact)
            || self.shapes.get(shape as usize).is_none_or(|shape| shape.exact)
    }

    /// Returns whether a job and a slot match.
    pub(super) fn verdict(
        &mut self,
        (profile, job): (u32, &ClassAd),
        (class, slot): (SlotClass, &ClassAd),
        now: i64,
    ) -> Verdict {
        let exact = self.is_exact(profile, class.shape);
        let key = (profile, class.shape, exact.then_some(class.room));
        if let Some(known) = self.verdicts.get(&key)
            && known.at.is_none_or(|at| at == now)
        {
            return known.clone();
        }
        let of_profile = self.profile_list.get(profile as usize);
        let shape = self.shapes.get(class.shape as usize);
        let timed = of_profile.is_none_or(|profile| profile.timed) || shape.is_none_or(|shape| shape.timed);
        let slot_ad = match shape {
            Some(shape) if !exact => &shape.ad,
            _ => slot,
        };
        let request = of_profile
            .and_then(|profile| profile.request.clone())
            .or_else(|| Request::of(&self.resources, job, Some(slot), now).map(Arc::new));
        let (fit, request) = match request {
            Some(request) => (fit(job, slot_ad, now), request),
            // Not reached: with a slot every request has a value.
            None => (Fit::No, Arc::new(Request { asked: Vec::new(), dealt: Vec::new() })),
        };
        let verdict = Verdict { fit, request, at: timed.then_some(now) };
        self.verdicts.insert(key, verdict.clone());
        verdict
    }

    fn classify(&mut self, slot: &Arc<ClassAd>) -> SlotClass {
        let significance = &self.significance;
        let hash = shape_hash(slot, significance);
        let alike = self.by_hash.entry(hash).or_default();
        let of =
            |number: &&u32| self.shapes.get(**number as usize).is_some_and(|shape| shape.is_of(slot, significance));
        let shape = match alike.iter().find(of) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
                self.shapes.push(Shape::new(slot, &self.resources));
                alike.push(number);
                number
            }
        };
        let amounts: Arc<[i64]> = self.resources.room(slot).into();
        let room = *self.rooms.entry(amounts).or_insert_with_key(|amounts| {
            self.room_list.push(Arc::clone(amounts));
            u32::try_from(self.room_list.len() - 1).unwrap_or(u32::MAX)
        });
        SlotClass { shape, room }
    }

    fn forget_slots(&mut self) {
        self.classes.clear();
        self.shapes.clear();
        self.by_hash.clear();
        self.rooms.clear();
        self.room_list.clear();
        self.verdicts.clear();
    }

    /// Forgets what ads that no longer exist had, when that has become much.
    fn sweep(&mut self, jobs: usize, slots: usize) {
        let spare = |kept: usize, used: usize| kept > 4096 && kept > used.saturating_mul(2);
        if spare(self.classes.len(), slots) {
            self.classes.retain(|_, (ad, _)| ad.strong_count() > 0);
        }
        if spare(self.profile_list.len(), jobs) || self.verdicts.len() > MOST_VERDICTS || self.shapes.len() > 4096 {
            self.profiles.clear();
            self.profile_list.clear();
            self.significance = Significance::default();
            self.forget_slots();
        } else if self.rooms.len() > 65_536 {
            self.forget_slots();
        }
    }
}
