use std::sync::Arc;

use super::super::seconds::Seconds;
use super::bin::{Bin, Role};
use super::fit::Fit;
use super::match_cache::MatchCache;
use super::request::Request;
use super::supply::new_bins;
use super::template::Template;
use crate::classad::ClassAd;

/// A group's jobs as they are placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// Number of the ad.
    pub(super) profile: u32,
    pub(super) ad: &'a ClassAd,
    pub(super) run_time: Option<Seconds>,
}

/// What a new machine of a kind is worth to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capacity {
    /// It takes so many of its jobs.
    Jobs(u64),
    /// Whether it takes any cannot be known here.
    Unknown,
}

/// Supply that is being filled with jobs.
pub(super) struct Packing<'c> {
    cache: &'c mut MatchCache,
    now: Seconds,
    lists: [Vec<Bin>; 5],
    /// Whether each unit has a job: the fleet's machines, then new ones.
    needed: Vec<bool>,
    /// The matches of the group at hand by shape. None: not looked at.
    matches: Vec<Option<(Fit, Arc<Request>)>>,
    profile: Option<u32>,
}

impl<'c> Packing<'c> {
    /// Begins with empty places of `units` machines.
    pub(super) fn new(cache: &'c mut MatchCache, lists: [Vec<Bin>; 5], units: usize, now: Seconds) -> Packing<'c> {
        Packing { cache, now, lists, needed: vec![false; units], matches: Vec::new(), profile: None }
    }

    /// Returns whether each unit has a job.
    pub(super) fn needed(&self) -> &[bool] {
        &self.needed
    }

    fn check(&mut self, item: &Item<'_>, role: Role, position: usize) -> Option<(Fit, Arc<Request>)> {
        let bin = self.lists[role as usize].get(position)?;
        let shape = bin.class.shape as usize;
        if self.profile != Some(item.profile) {
            self.profile = Some(item.profile);
            self.matches.fill(None);
        }
        if let Some(known) = self.matches.get(shape).and_then(Option::as_ref) {
            return Some(known.clone());
        }
        let verdict = self.cache.verdict((item.profile, item.ad), (bin.class, &bin.ad), self.now);
        if !self.cache.is_exact(item.profile, bin.class.shape) {
            if self.matches.len() <= shape {
                self.matches.resize(shape + 1, None);
            }
            self.matches[shape] = Some((verdict.fit, Arc::clone(&verdict.request)));
        }
        Some((verdict.fit, verdict.request))
    }

    /// Places up to `jobs` jobs on supply of a role. Calls back with the position of each kind of machine and the
    /// number of jobs placed there.
    pub(super) fn place(&mut self, item: &Item<'_>, role: Role, jobs: u64, placed: &mut dyn FnMut(usize, u64)) {
        let mut left = jobs;
        let bins = self.lists[role as usize].len();
        for position in 0..bins {
            if left == 0 {
                break;
            }
            let bin = &self.lists[role as usize][position];
            let ends = bin.ends_at.zip(item.run_time);
            let too_short = ends.is_some_and(|(end, run)| self.now.saturating_add(run) > end);
            if bin.is_full() || bin.units.is_empty() || too_short {
                continue;
            }
            let Some((Fit::Yes, request)) = self.check(item, role, position) else { continue };
            let of = self.lists[role as usize][position].of;
            let filled = self.fill(role, position, &request, left);
            left -= filled;
            if filled > 0 {
                placed(of, filled);
            }
        }
    }

    /// Fills slots of a bin with up to `jobs` jobs. Slots that are used differently from the rest become bins of their
    /// own.
    fn fill(&mut self, role: Role, position: usize, request: &Request, jobs: u64) -> u64 {
        let list = &mut self.lists[role as usize];
        let bin = &mut list[position];
        let partitionable = bin.is_partitionable();
        let each = request.fits(&bin.room, partitionable);
        let slots = u64::try_from(bin.units.len()).unwrap_or(u64::MAX);
        if each == 0 {
            return 0;
        }
        let (full, rest) = (jobs / each, jobs % each);
        if full >= slots {
            request.take(&mut bin.room, partitionable, each);
            bin.units.iter().for_each(|unit| mark(&mut self.needed, *unit));
            return each.saturating_mul(slots);
        }
        let mut parts = Vec::new();
        for (count, taken) in [(full, each), (u64::from(rest > 0), rest)] {
            if count == 0 {
                continue;
            }
            let mut part = bin.split_off(count);
            request.take(&mut part.room, partitionable, taken);
            part.units.iter().for_each(|unit| mark(&mut self.needed, *unit));
            parts.push(part);
        }
        list.extend(parts);
        jobs
    }

    /// Adds empty new machines of a kind.
    pub(super) fn open(&mut self, kind: usize, template: &Template, price: i64, count: u64) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let first = self.needed.len();
        self.needed.resize(first.saturating_add(count), false);
        self.lists[Role::New as usize].extend(new_bins((kind, template), self.cache, price, first, count));
    }

    /// Returns the number of jobs that an empty machine of a kind takes.
    pub(super) fn capacity(&mut self, item: &Item<'_>, template: &Template) -> Capacity {
        let (mut jobs, mut unknown) = (0_u64, false);
        for slot in &template.slots {
            let Some(class) = self.cache.class(&slot.ad) else { continue };
            let verdict = self.cache.verdict((item.profile, item.ad), (class, &slot.ad), self.now);
            let room = self.cache.resources().room(&slot.ad);
            let partitionable = slot.kind == super::super::pool_slot::SlotKind::Partitionable;
            let each = verdict.request.fits(&room, partitionable);
            match verdict.fit {
                Fit::Yes => jobs = jobs.saturating_add(each.saturating_mul(u64::from(slot.count))),
                Fit::Unknown => unknown |= each > 0,
                Fit::No => {}
            }
        }
        if jobs == 0 && unknown { Capacity::Unknown } else { Capacity::Jobs(jobs) }
    }
}

fn mark(needed: &mut [bool], unit: usize) {
    if let Some(needed) = needed.get_mut(unit) {
        *needed = true;
    }
}
