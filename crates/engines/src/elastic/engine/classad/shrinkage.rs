use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::super::decision::{Decision, Drain, DrainCancellation, Termination};
use super::super::limit::Limit;
use super::super::machine::{Health, MachineId, MachineState};
use super::super::note::Note;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::config::ClassadConfig;
use super::drain_mode::DrainMode;
use super::fleet::Fleet;
use super::member::Member;
use super::memory::ClassadMemory;
use super::plan::Plan;
use super::standing::Standing;

/// The machines that are taken out in a pass.
pub(super) struct Shrinkage<'p, 'a> {
    config: &'p ClassadConfig,
    memory: &'p mut ClassadMemory,
    fleet: &'p Fleet<'a>,
    now: Seconds,
    decisions: Vec<Decision>,
    /// Positions of the members that are taken out.
    taken: BTreeSet<usize>,
}

impl<'p, 'a> Shrinkage<'p, 'a> {
    /// Begins without any.
    pub(super) fn new(
        config: &'p ClassadConfig,
        memory: &'p mut ClassadMemory,
        fleet: &'p Fleet<'a>,
        now: Seconds,
    ) -> Shrinkage<'p, 'a> {
        Shrinkage { config, memory, fleet, now, decisions: Vec::new(), taken: BTreeSet::new() }
    }

    /// Returns the decisions.
    pub(super) fn into_decisions(self) -> Vec<Decision> {
        self.decisions
    }

    /// Tells whether nothing may be taken out, because much of the pool disappeared at once.
    pub(super) fn is_frozen(&self, notes: &mut Vec<Note>) -> bool {
        let Some(fall) = &self.memory.fall else { return false };
        let until = fall.until(self.config.fall_limits());
        notes.push(Note::Held { by: Limit::Fall { missing: fall.missing, before: fall.before, until } });
        true
    }

    fn ids(&self, members: &[usize]) -> Vec<MachineId> {
        members.iter().filter_map(|position| self.fleet.members.get(*position)).map(Member::machine_id).collect()
    }

    fn end(&mut self, members: Vec<usize>, reason: Reason) {
        self.taken.extend(&members);
        let machines = self.ids(&members);
        if !machines.is_empty() {
            self.decisions.push(Decision::Terminate(Termination { machines, reason }));
        }
    }

    fn with(&self, fits: impl Fn(&Member<'a>) -> bool) -> Vec<usize> {
        let members = self.fleet.members.iter().enumerate().filter(|(_, member)| fits(member));
        members.map(|(position, _)| position).collect()
    }

    /// Ends machines that failed, never joined, or are missing for too long. One that had a claim when it was last seen
    /// is not ended: its job may still run. The cloud and the pool have been read afresh.
    pub(super) fn end_failed(&mut self, notes: &mut Vec<Note>) {
        let failed = self.with(|member| member.standing == Standing::Failed && member.claims == 0);
        let late = self.with(|member| member.standing == Standing::Late);
        for position in failed.iter().chain(&late) {
            let id = self.fleet.members.get(*position).map(|member| &member.id);
            if let Some(clock) = id.and_then(|id| self.memory.machines.get_mut(id)) {
                clock.failed = true;
            }
        }
        self.end(failed, Reason::Unhealthy { state: MachineState::Error, health: Health::Unknown });
        self.end(late, Reason::NeverJoined { allowed: self.config.deploy_time });
        let allowed = self.config.lost_time;
        for position in self.with(|member| matches!(member.standing, Standing::Lost(_))) {
            let Some(member) = self.fleet.members.get(position) else { continue };
            let Standing::Lost(since) = member.standing else { continue };
            let missing = self.now.saturating_sub(since);
            if missing > allowed && member.claims == 0 {
                self.end(vec![position], Reason::Lost { missing, allowed });
            } else {
                let by = Limit::Cooldown { until: since.saturating_add(allowed) };
                notes.push(Note::EndPostponed { machine: member.id.to_string(), by });
            }
        }
    }

    /// Ends machines whose drain of ours is complete, and lets those accept again that got a claim in the way.
    pub(super) fn finish_drains(&mut self, plan: &Plan<'_>) {
        let kept: Vec<usize> = plan.resumed.iter().map(|(position, _)| *position).collect();
        let drained: Vec<usize> = self
            .with(|member| member.standing == Standing::Draining && member.claims == 0)
            .into_iter()
            .filter(|position| !kept.contains(position))
            .collect();
        self.end(drained, Reason::Drained);
    }

    /// Takes out machines above a maximum, those without a claim first. `written` are the settings without what holds
    /// in this pass alone.
    pub(super) fn take_out_excess(&mut self, plan: &mut Plan<'_>, written: &ClassadConfig) {
        let busy_too = self.config.drain_mode == DrainMode::Drain;
        let mut members = self.with(|member| {
            let busy = busy_too && member.pool.is_some_and(|pool| pool.drain_spares_jobs);
            member.standing == Standing::Serving && (member.claims == 0 || busy)
        });
        if members.iter().all(|position| self.excess(plan, *position) == 0) {
            return;
        }
        members.sort_by_key(|position| self.fleet.members.get(*position).map(|member| (member.claims, order(member))));
        let (maximum, serving) = (plan.config.max, plan.serving_of_all);
        let reason = match written.budget {
            Some(budget) if maximum < written.max => Reason::BudgetSpent { budget, spent: self.memory.spent() },
            _ => Reason::AboveMaximum { maximum, serving },
        };
        let (mut idle, mut busy) = (Vec::new(), Vec::new());
        for position in members {
            if self.excess(plan, position) == 0 {
                continue;
            }
            let Some(member) = self.fleet.members.get(position) else { continue };
            plan.spare(member.kind);
            if member.claims == 0 { idle.push(position) } else { busy.push(position) }
        }
        self.take_out(idle, &reason, true);
        self.take_out(busy, &reason, false);
    }

    fn excess(&self, plan: &Plan<'_>, position: usize) -> u64 {
        plan.excess(self.fleet.members.get(position).and_then(|member| member.kind))
    }

    /// Takes out machines that nothing needs and that have been idle for long enough, dear ones first, as far as the
    /// minima allow. `spare` is the number of machines without work.
    pub(super) fn take_out_idle(&mut self, plan: &mut Plan<'_>, needed: &[bool], mut spare: u64) {
        let now = self.now;
        let cools = |member: &Member<'_>| {
            let kind = member.kind.and_then(|kind| self.config.kinds.get(kind));
            let launched = kind.and_then(|kind| self.memory.kinds.get(&kind.name)?.launched_at);
            launched.is_some_and(|at| now.saturating_sub(at) < self.config.cooldown)
        };
        let mut members: Vec<usize> =
            self.with(|member| member.is_idle() && member.spare_from <= now && !cools(member));
        members.retain(|position| {
            !needed.get(*position).copied().unwrap_or(false)
                && !self.taken.contains(position)
                && self
                    .fleet
                    .members
                    .get(*position)
                    .and_then(|member| member.pool)
                    .is_some_and(|pool| pool.draining.is_none())
        });
        members.sort_by_key(|position| self.fleet.members.get(*position).map(order));
        let idle = members.len();
        let mut longest = 0;
        members.retain(|position| {
            let Some(member) = self.fleet.members.get(*position) else { return false };
            let spared = spare > plan.config.min_idle && plan.can_spare(member.kind);
            if spared {
                spare -= 1;
                plan.spare(member.kind);
                longest = longest.max(now.saturating_sub(member.idle_since.unwrap_or(now)));
            }
            spared
        });
        if members.len() < idle {
            let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            let minimum = i64::try_from(plan.config.min.max(plan.config.min_idle)).unwrap_or(i64::MAX);
            plan.notes.push(Note::IdleKept { idle: signed(idle), ended: signed(members.len()), minimum });
        }
        let reason = Reason::Idle { idle: longest, allowed: self.config.idle };
        self.take_out(members, &reason, true);
    }

    fn take_out(&mut self, members: Vec<usize>, reason: &Reason, unclaimed_only: bool) {
        if self.config.drain_mode == DrainMode::Now {
            return self.end(members, reason.clone());
        }
        self.taken.extend(&members);
        let machines = self.ids(&members);
        if !machines.is_empty() {
            self.decisions.push(Decision::Drain(Drain { machines, unclaimed_only, reason: reason.clone() }));
        }
    }
}

/// The order in which idle machines go: dear ones first, then those that have been idle for longest.
fn order(member: &Member<'_>) -> (Reverse<i64>, Seconds, MachineId) {
    let price = member.price.map_or(i64::MAX, |price| price.millionths());
    (Reverse(price), member.idle_since.unwrap_or(Seconds::MAX), member.machine_id())
}

/// Returns the decisions that cancel drains, one for each rule.
pub(super) fn cancellations(plan: &Plan<'_>, fleet: &Fleet<'_>) -> Vec<Decision> {
    let mut decisions: Vec<DrainCancellation> = Vec::new();
    for (position, reason) in &plan.resumed {
        let Some(member) = fleet.members.get(*position) else { continue };
        match decisions.iter_mut().find(|known| known.reason == *reason) {
            Some(known) => known.machines.push(member.machine_id()),
            None => {
                let machines = vec![member.machine_id()];
                decisions.push(DrainCancellation { machines, reason: reason.clone() });
            }
        }
    }
    decisions.into_iter().map(Decision::CancelDrain).collect()
}
