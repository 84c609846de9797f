use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use super::super::job_group::JobGroup;
use super::super::money::Money;
use super::super::placement::{Fate, Share};
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::bin::Role;
use super::config::ClassadConfig;
use super::kind_config::KindConfig;
use super::packing::{Capacity, Item, Packing, Placed};
use super::plan::Plan;
use super::template::Template;

/// A kind that takes jobs of a group.
#[derive(Clone, Copy, Debug)]
struct Choice {
    kind: usize,
    /// Number of jobs that a machine takes.
    jobs: u64,
}

/// A group with what is left of it to place.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    pub(super) group: &'a JobGroup,
    profile: u32,
    pub(super) left: u64,
    pub(super) shares: Vec<Share>,
    /// The kinds that take its jobs.
    choices: Vec<Choice>,
    /// Whether a kind may or may not take its jobs: that cannot be known.
    pub(super) uncertain: bool,
    /// Whether no kind takes its jobs.
    pub(super) unservable: bool,
    choosiness: (usize, Reverse<i64>, Reverse<i64>),
}

impl<'a> Waiting<'a> {
    /// Makes the list of groups with waiting jobs.
    pub(super) fn all(groups: &'a [JobGroup], profile: impl Fn(&JobGroup) -> Option<u32>) -> Vec<Waiting<'a>> {
        let waiting = groups.iter().filter_map(|group| {
            let left = group.count.saturating_add(group.hidden);
            Some(Waiting {
                group,
                profile: profile(group).filter(|_| left > 0)?,
                left,
                shares: Vec::new(),
                choices: Vec::new(),
                uncertain: false,
                unservable: false,
                choosiness: (0, Reverse(0), Reverse(0)),
            })
        });
        waiting.collect()
    }

    /// Orders groups as they are placed on supply that is there: those that fit on little first, so that others do not
    /// take it, then those that ask for much. So the supply serves as many as it can.
    pub(super) fn order_by_choosiness(all: &mut [Waiting<'_>], packing: &mut Packing) {
        for waiting in all.iter_mut() {
            waiting.choosiness = packing.choosiness(&waiting.item());
        }
        all.sort_by(|one, other| one.choosiness.cmp(&other.choosiness).then_with(|| one.by_priority(other)));
    }

    /// Orders groups as machines are launched for them: those of a higher priority first.
    pub(super) fn order_by_priority(all: &mut [Waiting<'_>]) {
        all.sort_by(|one, other| {
            let priority = other.group.priority.cmp(&one.group.priority);
            priority.then_with(|| one.choosiness.cmp(&other.choosiness)).then_with(|| one.by_priority(other))
        });
    }

    fn by_priority(&self, other: &Waiting<'_>) -> Ordering {
        let key = |waiting: &Waiting<'_>| (Reverse(waiting.group.priority), waiting.group.oldest);
        key(self).cmp(&key(other)).then_with(|| self.group.id.cmp(&other.group.id))
    }

    /// Returns the group as it is placed.
    fn item(&self) -> Item<'a> {
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

    fn settle_placed(&mut self, placed: Placed, fate: Fate) {
        self.settle(placed.reopened, Fate::DrainCancelled);
        self.settle(placed.jobs - placed.reopened, fate);
    }

    /// Returns the number of jobs on machines whose drains are cancelled.
    pub(super) fn on_cancelled(&self) -> u64 {
        let cancelled = self.shares.iter().filter(|share| share.fate == Fate::DrainCancelled);
        cancelled.fold(0, |sum, share| sum.saturating_add(share.jobs))
    }

    /// Places jobs on free room of busy machines.
    pub(super) fn place_on_busy(&mut self, packing: &mut Packing) {
        let placed = packing.place(&self.item(), Role::Busy, 0, self.left);
        self.settle_placed(placed, Fate::Running);
    }

    /// Finds the kinds that take the jobs, for those that are left.
    pub(super) fn choose(&mut self, packing: &mut Packing, config: &ClassadConfig) {
        if self.left == 0 {
            return;
        }
        for kind in 0..packing.kinds() {
            match packing.capacity(&self.item(), kind) {
                Capacity::Unknown => self.uncertain = true,
                Capacity::Jobs(0) => {}
                Capacity::Jobs(jobs) => self.choices.push(Choice { kind, jobs }),
            }
        }
        self.choices.sort_by_key(|choice| {
            let price = config.kinds.get(choice.kind).map(|kind| (kind.price_per_hour.is_none(), kind.price_per_hour));
            (Reverse(choice.jobs), price, choice.kind)
        });
    }

    /// Places jobs on machines of a role. Kinds of which one machine takes many jobs come first, so few are needed;
    /// then cheap ones.
    pub(super) fn place(
        &mut self,
        packing: &mut Packing,
        config: &ClassadConfig,
        role: Role,
        fate: impl Fn(&KindConfig) -> Fate,
    ) {
        for position in 0..self.choices.len() {
            let Some(choice) = self.choices.get(position).copied().filter(|_| self.left > 0) else { break };
            let placed = packing.place(&self.item(), role, choice.kind, self.left);
            if let Some(kind) = config.kinds.get(choice.kind) {
                self.settle_placed(placed, fate(kind));
            }
        }
    }

    /// Places jobs on machines of a role whose slots differ from their kind's, or that have no kind.
    pub(super) fn place_on_others(&mut self, packing: &mut Packing, role: Role, fate: &Fate) {
        for kind in 0..=packing.kinds() {
            if self.left > 0 && !self.choices.iter().any(|choice| choice.kind == kind) {
                let placed = packing.place(&self.item(), role, kind, self.left);
                self.settle_placed(placed, fate.clone());
            }
        }
    }

    /// Returns the time from which machines are launched for the group.
    fn ready_at(&self, config: &ClassadConfig) -> Seconds {
        self.group.oldest.saturating_add(config.waiting_time)
    }
}

/// Returns the position of the kind that is cheapest for `left` jobs: by price for each job that runs, then price, then
/// name. Kinds of unknown price are last.
fn best(config: &ClassadConfig, choices: &[Choice], left: u64) -> Option<usize> {
    let kind = |choice: &Choice| config.kinds.get(choice.kind);
    let compare = |one: &Choice, other: &Choice| {
        let (Some(one_kind), Some(other_kind)) = (kind(one), kind(other)) else { return Ordering::Equal };
        let (price, other_price) = (one_kind.price_per_hour, other_kind.price_per_hour);
        let by_job = |price: Option<Money>, jobs: u64| {
            i128::from(price.unwrap_or_default().millionths()).saturating_mul(i128::from(jobs.min(left)))
        };
        price
            .is_none()
            .cmp(&other_price.is_none())
            .then_with(|| by_job(price, other.jobs).cmp(&by_job(other_price, one.jobs)))
            .then_with(|| price.cmp(&other_price))
            .then_with(|| one_kind.name.cmp(&other_kind.name))
    };
    let choices = choices.iter().enumerate();
    choices.min_by(|(_, one), (_, other)| compare(one, other)).map(|(position, _)| position)
}

/// Plans new machines for what is left of a group: each time of the kind that is cheapest for the rest.
pub(super) fn launch_for(
    waiting: &mut Waiting<'_>,
    packing: &mut Packing,
    plan: &mut Plan<'_>,
    templates: &[Template],
    now: Seconds,
) {
    let config = plan.config;
    let lives =
        |choice: &Choice| config.kinds.get(choice.kind).is_some_and(|kind| !lives_too_short(kind, waiting.group));
    let mut choices: Vec<Choice> = waiting.choices.iter().copied().filter(lives).collect();
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
        let Some(position) = best(config, &choices, waiting.left) else { break };
        let Some(choice) = choices.get(position).copied() else { break };
        let (Some(kind), Some(template)) = (config.kinds.get(choice.kind), templates.get(choice.kind)) else { break };
        let wanted = (waiting.left / choice.jobs).max(1);
        let jobs = wanted.saturating_mul(choice.jobs).min(waiting.left);
        let reason = Reason::Jobs { jobs, oldest: waiting.group.oldest };
        let (count, limit) = plan.launch(choice.kind, wanted, reason);
        if count > 0 {
            packing.open(choice.kind, template, count);
            let placed = packing.place(&waiting.item(), Role::New, choice.kind, jobs);
            waiting.settle(placed.jobs, Fate::New { kind: Arc::clone(&kind.name) });
            if placed.jobs == 0 {
                break;
            }
        }
        if let Some(by) = limit {
            choices.remove(position);
            first_limit.get_or_insert((Arc::clone(&kind.name), by));
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
