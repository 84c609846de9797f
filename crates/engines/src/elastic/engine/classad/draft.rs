use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::job_group::JobGroup;
use super::super::placement::Fate;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::allowance::Allowance;
use super::arrangement::Arrangement;
use super::bin::Role;
use super::config::ClassadConfig;
use super::demand::{Waiting, launch_for};
use super::fleet::Fleet;
use super::match_cache::MatchCache;
use super::memory::ClassadMemory;
use super::plan::Plan;
use super::template::Template;
use super::warmth::restore_minima;

/// A plan for the growth of a pass.
pub(super) struct Draft<'a, 'c> {
    pub(super) plan: Plan<'c>,
    pub(super) waiting: Vec<Waiting<'a>>,
    /// Whether each member, then each new machine, is needed by waiting jobs.
    pub(super) needed: Vec<bool>,
    /// Number of machines without work.
    pub(super) spare: u64,
    /// Whether drains are cancelled for a minimum. Then jobs may be placed otherwise, and the draft is made anew with
    /// these machines.
    pub(super) resumed_for_minima: bool,
}

impl<'a, 'c> Draft<'a, 'c> {
    /// Makes a draft in which drains of the members `reopened` are cancelled for the reasons given.
    pub(super) fn make(
        config: &'c ClassadConfig,
        memory: &ClassadMemory,
        (fleet, templates): (&Fleet<'_>, &[Template]),
        groups: &'a [JobGroup],
        reopened: Vec<(usize, Reason)>,
        cache: MatchCache,
        now: Seconds,
    ) -> (Draft<'a, 'c>, MatchCache) {
        let mut plan = Plan::new(config, Allowance::new(config, memory, fleet, now), fleet, now);
        let kind = |position: usize| fleet.members.get(position).and_then(|member| member.kind);
        for (position, reason) in reopened {
            plan.resume(position, kind(position), reason);
        }
        plan.reopen_claimed(fleet);
        let reopened: BTreeSet<usize> = plan.resumed.iter().map(|(position, _)| *position).collect();
        let reusable = plan.reusable(fleet);
        let supply = (fleet, templates, &reusable, &reopened);
        let Arrangement { mut waiting, mut packing, resumed } = Arrangement::make(config, supply, groups, cache, now);
        let jobs = waiting.iter().map(Waiting::on_cancelled).fold(0, u64::saturating_add);
        for position in resumed.difference(&reopened).copied() {
            plan.resume(position, kind(position), Reason::DemandReturned { jobs });
        }
        Waiting::order_by_priority(&mut waiting);
        for waiting in &mut waiting {
            waiting.place(&mut packing, config, Role::New, |kind| Fate::New { kind: Arc::clone(&kind.name) });
            if waiting.left > 0 {
                launch_for(waiting, &mut packing, &mut plan, templates, now);
            }
        }
        let needed = packing.needed().to_vec();
        let resumed = plan.resumed.len();
        let spare = restore_minima(&mut plan, fleet, &needed);
        let resumed_for_minima = plan.resumed.len() > resumed;
        (Draft { plan, waiting, needed, spare, resumed_for_minima }, packing.into_cache())
    }
}
