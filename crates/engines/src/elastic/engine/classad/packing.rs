use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::seconds::Seconds;
use super::bin::{Bin, Role, fill};
use super::fit::Fit;
use super::match_cache::{MatchCache, SlotClass};
use super::request::Request;
use super::resources::Resources;
use super::stock::Stock;
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

/// Jobs that were placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// Their number.
    pub(super) jobs: u64,
    /// Number of them on machines whose drains are cancelled.
    pub(super) reopened: u64,
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
pub(super) struct Packing {
    cache: MatchCache,
    now: Seconds,
    stock: Stock,
    /// The slots of an empty machine of each kind.
    empty: Vec<Vec<Bin>>,
    /// The shapes of the pass, each with an ad.
    shapes: BTreeMap<u32, (SlotClass, Arc<ClassAd>)>,
    /// Whether each unit has a job: the fleet's machines, then new ones.
    needed: Vec<bool>,
    /// The matches of the group at hand by shape. None: not looked at.
    matches: Vec<Option<(Fit, Arc<Request>)>>,
    profile: Option<u32>,
}

impl Packing {
    /// Begins with the stock of `units` machines and the kinds' empty slots.
    pub(super) fn new(cache: MatchCache, stock: Stock, templates: &[Template], units: usize, now: Seconds) -> Packing {
        let mut shapes = BTreeMap::new();
        for bin in stock.bins() {
            shapes.entry(bin.class.shape).or_insert_with(|| (bin.class, Arc::clone(&bin.ad)));
        }
        let empty: Vec<_> = templates.iter().map(|template| new_bins(template, &cache, 0, 1)).collect();
        for bin in empty.iter().flatten() {
            shapes.entry(bin.class.shape).or_insert_with(|| (bin.class, Arc::clone(&bin.ad)));
        }
        let needed = vec![false; units];
        Packing { cache, now, stock, empty, shapes, needed, matches: Vec::new(), profile: None }
    }

    /// Gives the results of matches back.
    pub(super) fn into_cache(self) -> MatchCache {
        self.cache
    }

    /// Returns whether each unit has a job.
    pub(super) fn needed(&self) -> &[bool] {
        &self.needed
    }

    /// Returns the number of shapes of slots on which a job could run, and its cores and memory: groups with few, then
    /// large ones, are placed first.
    pub(super) fn choosiness(&mut self, item: &Item<'_>) -> (usize, Reverse<i64>, Reverse<i64>) {
        let mut fitting = 0;
        let mut amounts = (0, 0);
        for (class, ad) in self.shapes.values() {
            let verdict = self.cache.verdict((item.profile, item.ad), (*class, ad), self.now);
            // A group that weighs amounts in its own way fits on few of the slots of a shape.
            let weighs = self.cache.is_exact(item.profile, class.shape);
            fitting += usize::from(verdict.fit == Fit::Yes && !weighs);
            let amount = |position| verdict.request.dealt.get(position).copied().unwrap_or(0);
            amounts = (amount(Resources::CPUS), amount(Resources::MEMORY));
        }
        (fitting, Reverse(amounts.0), Reverse(amounts.1))
    }

    /// Returns whether the slots of a bin match, and what a job takes of them.
    fn check(&mut self, item: &Item<'_>, bin: &Bin) -> (Fit, Arc<Request>) {
        let shape = bin.class.shape as usize;
        let verdict = self.cache.verdict((item.profile, item.ad), (bin.class, &bin.ad), self.now);
        if !self.cache.is_exact(item.profile, bin.class.shape) {
            if self.matches.len() <= shape {
                self.matches.resize(shape + 1, None);
            }
            self.matches[shape] = Some((verdict.fit, Arc::clone(&verdict.request)));
        }
        (verdict.fit, verdict.request)
    }

    /// Places up to `jobs` jobs on machines of a role and a kind.
    pub(super) fn place(&mut self, item: &Item<'_>, role: Role, kind: usize, jobs: u64) -> Placed {
        let mut placed = Placed::default();
        if self.profile != Some(item.profile) {
            self.profile = Some(item.profile);
            self.matches.fill(None);
        }
        let mut list = self.stock.take(role, kind);
        for position in 0..list.len() {
            let Some(bin) = list.get(position).filter(|_| placed.jobs < jobs) else { break };
            let ends = bin.ends_at.zip(item.run_time);
            let too_short = ends.is_some_and(|(end, run)| self.now.saturating_add(run) > end);
            if bin.is_full() || bin.units.is_empty() || too_short {
                continue;
            }
            let known = match self.matches.get(bin.class.shape as usize).and_then(Option::as_ref) {
                Some((Fit::Yes, request)) if request.fits(&bin.room, bin.is_partitionable()) > 0 => {
                    (Fit::Yes, Arc::clone(request))
                }
                Some(_) => continue,
                None => self.check(item, bin),
            };
            let (Fit::Yes, request) = known else { continue };
            let reopened = bin.reopened;
            let filled = fill(&mut list, position, &request, jobs - placed.jobs, &mut self.needed);
            placed.jobs += filled;
            placed.reopened += if reopened { filled } else { 0 };
        }
        self.stock.put_back(role, kind, list);
        placed
    }

    /// Returns the number of kinds. As a kind it stands for machines of no kind.
    pub(super) fn kinds(&self) -> usize {
        self.stock.kinds()
    }

    /// Adds empty new machines of a kind.
    pub(super) fn open(&mut self, kind: usize, template: &Template, count: u64) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let first = self.needed.len();
        self.needed.resize(first.saturating_add(count), false);
        let bins = new_bins(template, &self.cache, first, count);
        self.stock.list(Role::New, kind).extend(bins);
    }

    /// Returns the number of jobs that an empty machine of a kind takes.
    pub(super) fn capacity(&mut self, item: &Item<'_>, kind: usize) -> Capacity {
        let (mut jobs, mut unknown) = (0_u64, false);
        for bin in self.empty.get(kind).into_iter().flatten() {
            let verdict = self.cache.verdict((item.profile, item.ad), (bin.class, &bin.ad), self.now);
            let each = verdict.request.fits(&bin.room, bin.is_partitionable());
            match verdict.fit {
                Fit::Yes => jobs = jobs.saturating_add(each.saturating_mul(bin.units.len() as u64)),
                Fit::Unknown => unknown |= each > 0,
                Fit::No => {}
            }
        }
        if jobs == 0 && unknown { Capacity::Unknown } else { Capacity::Jobs(jobs) }
    }
}
