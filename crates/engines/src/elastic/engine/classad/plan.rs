use std::collections::BTreeSet;

use super::super::limit::Limit;
use super::super::note::Note;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::allowance::Allowance;
use super::config::ClassadConfig;
use super::drain_mode::DrainMode;
use super::fleet::Fleet;
use super::kind_config::KindConfig;
use super::member::Member;
use super::standing::Standing;

/// Machines of a kind to launch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Growth {
    pub(super) kind: usize,
    pub(super) count: u64,
    pub(super) reason: Reason,
}

/// What a pass is going to decide: one target for each kind.
#[derive(Debug)]
pub(super) struct Plan<'c> {
    pub(super) config: &'c ClassadConfig,
    pub(super) allowance: Allowance<'c>,
    pub(super) growth: Vec<Growth>,
    /// Positions of members whose drains are cancelled, each with its reason.
    pub(super) resumed: Vec<(usize, Reason)>,
    /// Number of machines that serve by kind, with the decisions of the pass.
    pub(super) serving: Vec<u64>,
    pub(super) serving_of_all: u64,
    pub(super) notes: Vec<Note>,
    limited: BTreeSet<usize>,
}

impl<'c> Plan<'c> {
    /// Begins with the fleet as it is.
    pub(super) fn new(
        config: &'c ClassadConfig,
        allowance: Allowance<'c>,
        fleet: &Fleet<'_>,
        now: Seconds,
    ) -> Plan<'c> {
        let mut plan = Plan {
            config,
            allowance,
            growth: Vec::new(),
            resumed: Vec::new(),
            serving: vec![0; config.kinds.len()],
            serving_of_all: 0,
            notes: Vec::new(),
            limited: BTreeSet::new(),
        };
        for member in &fleet.members {
            // A machine that the pool has just lost sight of may be as busy as before: absence is not death.
            let absent = matches!(member.standing, Standing::Lost(since)
                if now.saturating_sub(since) < config.freeze_time);
            if member.standing.serves() || absent {
                plan.serve(member.kind, 1);
            }
        }
        plan
    }

    fn serve(&mut self, kind: Option<usize>, count: u64) {
        if let Some(serving) = kind.and_then(|kind| self.serving.get_mut(kind)) {
            *serving = serving.saturating_add(count);
        }
        self.serving_of_all = self.serving_of_all.saturating_add(count);
    }

    /// Tells whether one machine fewer of a kind leaves enough for the minima.
    pub(super) fn can_spare(&self, kind: Option<usize>) -> bool {
        let of_kind = kind.and_then(|kind| Some((self.serving.get(kind)?, self.config.kinds.get(kind)?.min)));
        self.serving_of_all > self.config.min && of_kind.is_none_or(|(serving, min)| *serving > min)
    }

    /// Takes note of a machine that serves no longer.
    pub(super) fn spare(&mut self, kind: Option<usize>) {
        if let Some(serving) = kind.and_then(|kind| self.serving.get_mut(kind)) {
            *serving = serving.saturating_sub(1);
        }
        self.serving_of_all = self.serving_of_all.saturating_sub(1);
    }

    /// Returns by how many machines a kind (none: one that is gone from the configuration) and the fleet serve above
    /// their maxima.
    pub(super) fn excess(&self, kind: Option<usize>) -> u64 {
        let of_kind =
            kind.and_then(|kind| Some(self.serving.get(kind)?.saturating_sub(self.config.kinds.get(kind)?.max?)));
        self.serving_of_all.saturating_sub(self.config.max).max(of_kind.unwrap_or(0))
    }

    /// Tells whether one more machine of a kind may serve.
    pub(super) fn has_place(&self, kind: Option<usize>) -> bool {
        let of_kind = kind.and_then(|kind| Some((self.serving.get(kind)?, self.config.kinds.get(kind)?.max?)));
        self.serving_of_all < self.config.max && of_kind.is_none_or(|(serving, max)| *serving < max)
    }

    /// Returns the draining members whose drains may be cancelled: as many as may serve, cheap ones first.
    pub(super) fn reusable(&self, fleet: &Fleet<'_>) -> BTreeSet<usize> {
        let draining = |(position, member): &(usize, &Member<'_>)| {
            member.standing == Standing::Draining && !self.resumed.iter().any(|(resumed, _)| resumed == position)
        };
        let mut members: Vec<(usize, &Member<'_>)> = fleet.members.iter().enumerate().filter(draining).collect();
        members.sort_by_key(|(position, member)| (member.price.is_none(), member.price, *position));
        let mut left = self.config.max.saturating_sub(self.serving_of_all);
        let of_kind = |(serving, kind): (&u64, &KindConfig)| kind.max.map(|max| max.saturating_sub(*serving));
        let mut left_of_kind: Vec<Option<u64>> = self.serving.iter().zip(&self.config.kinds).map(of_kind).collect();
        members.retain(|(_, member)| {
            let place = member.kind.and_then(|kind| left_of_kind.get_mut(kind)?.as_mut());
            if left == 0 || place.as_ref().is_some_and(|place| **place == 0) {
                return false;
            }
            left -= 1;
            if let Some(place) = place {
                *place -= 1;
            }
            true
        });
        members.into_iter().map(|(position, _)| position).collect()
    }

    /// Cancels drains of machines that have a claim, in the mode in which only idle machines are drained. Above a
    /// maximum others without a claim go in their place.
    pub(super) fn reopen_claimed(&mut self, fleet: &Fleet<'_>) {
        if self.config.drain_mode == DrainMode::IdleOnly {
            for (position, member) in fleet.members.iter().enumerate() {
                let claimed = member.standing == Standing::Draining && member.claims > 0;
                let known = |plan: &Plan<'_>| plan.resumed.iter().any(|(resumed, _)| *resumed == position);
                if claimed && !known(self) {
                    self.resume(position, member.kind, Reason::ClaimedAgain);
                }
            }
        }
    }

    /// Cancels a member's drain.
    pub(super) fn resume(&mut self, member: usize, kind: Option<usize>, reason: Reason) {
        self.resumed.push((member, reason));
        self.serve(kind, 1);
    }

    /// Launches up to `wanted` machines of a kind. Returns how many, and the limit that forbids the rest, which is
    /// noted once for each kind.
    pub(super) fn launch(&mut self, kind: usize, wanted: u64, reason: Reason) -> (u64, Option<Limit>) {
        let (count, limit) = self.allowance.allow(kind, wanted);
        if let (Some(by), Some(of_kind)) = (&limit, self.config.kinds.get(kind))
            && self.limited.insert(kind)
        {
            self.notes.push(Note::KindLimited {
                kind: of_kind.name.clone(),
                reason: reason.word().unwrap_or_default().into(),
                wanted,
                allowed: count,
                by: by.clone(),
            });
        }
        if count > 0 {
            self.allowance.take(kind, count);
            self.serve(Some(kind), count);
            self.add(Growth { kind, count, reason });
        }
        (count, limit)
    }

    /// Adds a launch to those of the same kind and rule.
    fn add(&mut self, new: Growth) {
        for growth in self.growth.iter_mut().filter(|growth| growth.kind == new.kind) {
            match (&mut growth.reason, &new.reason) {
                (Reason::Jobs { jobs, oldest }, Reason::Jobs { jobs: more, oldest: other }) => {
                    *jobs = jobs.saturating_add(*more);
                    *oldest = (*oldest).min(*other);
                }
                (Reason::Min { .. }, Reason::Min { .. }) | (Reason::MinIdle { .. }, Reason::MinIdle { .. }) => {}
                _ => continue,
            }
            growth.count = growth.count.saturating_add(new.count);
            return;
        }
        self.growth.push(new);
    }

    /// Returns the number of machines of a kind that are launched.
    pub(super) fn launches(&self, kind: usize) -> u64 {
        self.growth.iter().filter(|growth| growth.kind == kind).fold(0, |sum, growth| sum.saturating_add(growth.count))
    }

    /// Returns the kinds by price, then name; those of unknown price last.
    pub(super) fn cheapest(&self) -> Vec<usize> {
        let mut kinds: Vec<usize> = (0..self.config.kinds.len()).collect();
        kinds.sort_by_key(|kind| {
            self.config.kinds.get(*kind).map(|kind| (kind.price_per_hour.is_none(), kind.price_per_hour, &kind.name))
        });
        kinds
    }
}
