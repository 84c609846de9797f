use std::sync::Arc;

use super::super::job_group::JobGroup;
use super::super::placement::{Fate, Share};
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::bin::Role;
use super::config::ClassadConfig;
use super::kind_config::KindConfig;
use super::packing::{Capacity, Item, Packing};
use super::plan::Plan;
use super::template::Template;

/// A group with what is left of it to place.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    pub(super) group: &'a JobGroup,
    pub(super) profile: u32,
    pub(super) left: u64,
    pub(super) shares: Vec<Share>,
    /// Whether a kind may or may not take its jobs: that cannot be known.
    pub(super) uncertain: bool,
    /// Whether no kind takes its jobs.
    pub(super) unservable: bool,
}

impl<'a> Waiting<'a> {
    /// Makes the list of groups in the order of their service: higher priority first, then those that wait longest.
    pub(super) fn all(groups: &'a [JobGroup], profile: impl Fn(&JobGroup) -> Option<u32>) -> Vec<Waiting<'a>> {
        let mut waiting: Vec<Waiting<'a>> = groups
            .iter()
            .filter_map(|group| {
                let left = group.count.saturating_add(group.hidden);
                let profile = profile(group).filter(|_| left > 0)?;
                Some(Waiting { group, profile, left, shares: Vec::new(), uncertain: false, unservable: false })
            })
            .collect();
        waiting.sort_by(|one, other| {
            let key = |waiting: &Waiting<'_>| (std::cmp::Reverse(waiting.group.priority), waiting.group.oldest);
            key(one).cmp(&key(other)).then_with(|| one.group.id.cmp(&other.group.id))
        });
        waiting
    }

    /// Returns the group as it is placed.
    pub(super) fn item(&self) -> Item<'a> {
        Item { profile: self.profile, ad: &self.group.ad, run_time: self.group.run_time }
    }

    /// Gives jobs a fate.
    pub(super) fn settle(&mut self, jobs: u64, fate: Fate) {
        if jobs == 0 {
            return;
        }
        self.left = self.left.saturating_sub(jobs);
        match self.shares.iter_mut().find(|share| share.fate == fate) {
            Some(share) => share.jobs = share.jobs.saturating_add(jobs),
            None => self.shares.push(Share { jobs, fate }),
        }
    }

    /// Places jobs on supply of a role. Returns their number.
    pub(super) fn place(&mut self, packing: &mut Packing<'_>, role: Role, fate: Fate) -> u64 {
        if self.left == 0 {
            return 0;
        }
        let mut placed = 0;
        packing.place(&self.item(), role, self.left, &mut |_, jobs| placed += jobs);
        self.settle(placed, fate);
        placed
    }

    /// Places jobs on new machines of the pass. Returns their number.
    pub(super) fn place_on_new(&mut self, packing: &mut Packing<'_>, config: &ClassadConfig) -> u64 {
        if self.left == 0 {
            return 0;
        }
        let mut placed = Vec::new();
        packing.place(&self.item(), Role::New, self.left, &mut |kind, jobs| placed.push((kind, jobs)));
        for (kind, jobs) in &placed {
            if let Some(kind) = config.kinds.get(*kind) {
                self.settle(*jobs, Fate::New { kind: Arc::clone(&kind.name) });
            }
        }
        placed.iter().map(|(_, jobs)| jobs).sum()
    }

    /// Returns the time from which machines are launched for the group.
    pub(super) fn ready_at(&self, config: &ClassadConfig) -> Seconds {
        self.group.oldest.saturating_add(config.waiting_time)
    }
}

/// A kind that takes jobs of a group.
struct Choice<'c> {
    kind: usize,
    config: &'c KindConfig,
    /// Number of jobs that a machine takes.
    jobs: u64,
}

impl Choice<'_> {
    /// The order of kinds for `left` jobs: by price for each job that runs, then price, then name.
    fn compare(&self, other: &Self, left: u64) -> std::cmp::Ordering {
        let by_job = |one: &Self, other: &Self| {
            let price = one.config.price_per_hour.map_or(0, |price| i128::from(price.millionths()));
            price.saturating_mul(i128::from(other.jobs.min(left)))
        };
        let unknown = |choice: &Self| choice.config.price_per_hour.is_none();
        unknown(self)
            .cmp(&unknown(other))
            .then_with(|| by_job(self, other).cmp(&by_job(other, self)))
            .then_with(|| self.config.price_per_hour.cmp(&other.config.price_per_hour))
            .then_with(|| self.config.name.cmp(&other.config.name))
    }
}

/// Plans new machines for what is left of a group: each time of the kind that is cheapest for the rest.
pub(super) fn launch_for(
    waiting: &mut Waiting<'_>,
    packing: &mut Packing<'_>,
    plan: &mut Plan<'_>,
    templates: &[Template],
    now: Seconds,
) {
    let config = plan.config;
    let mut choices = Vec::new();
    for (kind, (of_kind, template)) in config.kinds.iter().zip(templates).enumerate() {
        match packing.capacity(&waiting.item(), template) {
            Capacity::Unknown => waiting.uncertain = true,
            Capacity::Jobs(0) => {}
            Capacity::Jobs(_) if lives_too_short(of_kind, waiting.group) => {}
            Capacity::Jobs(jobs) => choices.push(Choice { kind, config: of_kind, jobs }),
        }
    }
    if choices.is_empty() {
        waiting.unservable = true;
        return;
    }
    waiting.uncertain = false;
    let until = waiting.ready_at(config);
    if now < until {
        let left = waiting.left;
        waiting.settle(left, Fate::Young { until });
        return;
    }
    let mut first_limit = None;
    while waiting.left > 0 {
        choices.sort_by(|one, other| one.compare(other, waiting.left));
        let Some(choice) = choices.first() else { break };
        let wanted = (waiting.left / choice.jobs).max(1);
        let jobs = wanted.saturating_mul(choice.jobs).min(waiting.left);
        let reason = Reason::Jobs { jobs, oldest: waiting.group.oldest };
        let (count, limit) = plan.launch(choice.kind, wanted, reason);
        if count > 0 {
            let price = choice.config.price_per_hour.map_or(i64::MAX, |price| price.millionths());
            if let Some(template) = templates.get(choice.kind) {
                packing.open(choice.kind, template, price, count);
            }
            if waiting.place_on_new(packing, config) == 0 {
                break;
            }
        }
        if let Some(by) = limit {
            let choice = choices.remove(0);
            first_limit.get_or_insert((choice.config.name.clone(), by));
        }
    }
    if let Some((kind, by)) = first_limit {
        let left = waiting.left;
        waiting.settle(left, Fate::Limited { kind, by });
    }
}

/// Tells whether a job is known to run longer than a machine of a kind lives.
pub(super) fn lives_too_short(kind: &KindConfig, group: &JobGroup) -> bool {
    group.run_time.zip(kind.lifetime).is_some_and(|(run, life)| run > life)
}
