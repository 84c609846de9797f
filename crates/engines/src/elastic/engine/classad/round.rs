use std::borrow::Cow;

use super::super::decision::{Decision, Launch};
use super::super::job_group::JobGroup;
use super::super::machine::Machine;
use super::super::note::{KindTarget, Note};
use super::super::pool_machine::PoolMachine;
use super::super::seconds::Seconds;
use super::allowance::Allowance;
use super::config::ClassadConfig;
use super::draft::Draft;
use super::explanation::explain;
use super::fleet::Fleet;
use super::member::Member;
use super::memory::{ClassadMemory, PlannedLaunch};
use super::plan::Plan;
use super::shrinkage::{Shrinkage, cancellations};
use super::standing::Standing;
use super::template::Template;

/// The decisions of a pass on fresh readings.
pub(super) struct Round<'e> {
    config: &'e ClassadConfig,
    templates: Vec<Template>,
    now: Seconds,
}

impl<'e> Round<'e> {
    /// Begins a round with the slots of each kind.
    pub(super) fn new(config: &'e ClassadConfig, templates: Vec<Template>, now: Seconds) -> Round<'e> {
        Round { config, templates, now }
    }

    /// Decides with fresh readings of the cloud and the pool. Without groups, failed machines are ended and no more.
    pub(super) fn decide(
        mut self,
        memory: &mut ClassadMemory,
        (machines, pool): (&[Machine], &[PoolMachine]),
        groups: Option<&[JobGroup]>,
    ) -> (Vec<Decision>, Vec<Note>) {
        let fleet = Fleet::judge(self.config, memory, machines, pool, self.now);
        self.use_learned(memory);
        for kind in memory.kinds.values_mut() {
            kind.breaker.review(&self.config.breaker, self.now);
        }
        match groups {
            Some(groups) => self.plan(memory, &fleet, groups),
            None => {
                let mut notes = Vec::new();
                let mut shrinkage = Shrinkage::new(self.config, memory, &fleet, self.now);
                if !shrinkage.is_frozen(&mut notes) {
                    shrinkage.end_failed(&mut notes);
                }
                (shrinkage.into_decisions(), notes)
            }
        }
    }

    /// Puts the slots that machines have shown in place of those by the price list.
    fn use_learned(&mut self, memory: &ClassadMemory) {
        for (template, kind) in self.templates.iter_mut().zip(&self.config.kinds) {
            if let Some(learned) = memory.kinds.get(&kind.name).and_then(|of_kind| of_kind.template.as_ref()) {
                *template = learned.clone();
            }
        }
    }

    fn plan(&self, memory: &mut ClassadMemory, fleet: &Fleet<'_>, groups: &[JobGroup]) -> (Vec<Decision>, Vec<Note>) {
        let config = &*self.limits(memory);
        let (templates, now) = (self.templates.as_slice(), self.now);
        if let Some(plan) = quiet(config, memory, fleet, groups, now) {
            let needed = vec![false; fleet.members.len()];
            return (Vec::new(), targets(&plan, fleet, &needed));
        }
        let mut cache = std::mem::take(&mut memory.cache);
        let mut reopened = Vec::new();
        let Draft { mut plan, mut waiting, needed, spare, .. } = loop {
            let (draft, used) = Draft::make(config, memory, (fleet, templates), groups, reopened, cache, now);
            cache = used;
            if !draft.resumed_for_minima {
                break draft;
            }
            reopened = draft.plan.resumed;
        };
        let mut notes = Vec::new();
        let mut shrinkage = Shrinkage::new(config, memory, fleet, now);
        if !shrinkage.is_frozen(&mut notes) {
            shrinkage.end_failed(&mut notes);
            shrinkage.finish_drains(&plan);
            shrinkage.take_out_excess(&mut plan, self.config);
            shrinkage.take_out_idle(&mut plan, &needed, spare);
        }
        let removals = shrinkage.into_decisions();
        let mut decisions = cancellations(&plan, fleet);
        launches(&plan, memory, &mut decisions);
        decisions.extend(removals);
        notes.append(&mut plan.notes);
        notes.extend(targets(&plan, fleet, &needed));
        notes.extend(explain(config, &mut waiting, templates, &cache, now));
        memory.cache = cache;
        (decisions, notes)
    }

    /// Returns the settings that hold in this pass: with the budget spent, no machine serves.
    fn limits(&self, memory: &ClassadMemory) -> Cow<'e, ClassadConfig> {
        if self.config.budget.is_none_or(|budget| memory.spent() < budget) {
            return Cow::Borrowed(self.config);
        }
        let mut config = ClassadConfig { min: 0, max: 0, min_idle: 0, ..self.config.clone() };
        config.kinds.iter_mut().for_each(|kind| kind.min = 0);
        Cow::Owned(config)
    }
}

/// Returns the plan of a pass in which nothing can happen wherever the jobs are placed, if nobody asks where that is:
/// no group may have machines launched, no machine may be taken out, and no minimum is missed.
fn quiet<'c>(
    config: &'c ClassadConfig,
    memory: &ClassadMemory,
    fleet: &Fleet<'_>,
    groups: &[JobGroup],
    now: Seconds,
) -> Option<Plan<'c>> {
    let told = groups.is_empty() || (config.explained_groups == 0 && config.min_idle == 0);
    let young = |group: &JobGroup| now < group.oldest.saturating_add(config.waiting_time);
    let still = |member: &Member<'_>| match member.standing {
        Standing::Serving => member.claims > 0 || now < member.spare_from,
        Standing::Coming | Standing::Closing | Standing::Held | Standing::Ending => true,
        Standing::Late | Standing::Lost(_) | Standing::Draining | Standing::Failed => false,
    };
    if !told || memory.fall.is_some() || !groups.iter().all(young) || !fleet.members.iter().all(still) {
        return None;
    }
    let plan = Plan::new(config, Allowance::new(config, memory, fleet, now), fleet, now);
    let spare =
        u64::try_from(fleet.members.iter().filter(|member| member.claims == 0 && member.standing.serves()).count())
            .unwrap_or(u64::MAX);
    let minima = config.kinds.iter().zip(&plan.serving).all(|(kind, serving)| *serving >= kind.min);
    let calm = minima
        && plan.serving_of_all >= config.min
        && spare >= config.min_idle
        && plan.excess(None) == 0
        && (0..config.kinds.len()).all(|kind| plan.excess(Some(kind)) == 0);
    calm.then_some(plan)
}

fn launches(plan: &Plan<'_>, memory: &mut ClassadMemory, decisions: &mut Vec<Decision>) {
    for growth in &plan.growth {
        let Some(kind) = plan.config.kinds.get(growth.kind) else { continue };
        let count = u32::try_from(growth.count).unwrap_or(u32::MAX);
        memory.planned.push(PlannedLaunch { decision: decisions.len(), kind: kind.name.clone(), count });
        let launch = Launch::plain(count, growth.reason.clone());
        decisions.push(Decision::Launch(Launch { kind: Some(kind.name.clone()), ..launch }));
    }
}

fn targets(plan: &Plan<'_>, fleet: &Fleet<'_>, needed: &[bool]) -> Vec<Note> {
    let kinds = plan.config.kinds.iter().enumerate().map(|(position, kind)| {
        let mut target = KindTarget {
            kind: kind.name.clone(),
            live: 0,
            coming: 0,
            draining: 0,
            needed: 0,
            target: plan.serving.get(position).copied().unwrap_or(0),
            launches: plan.launches(position),
        };
        let members = fleet.members.iter().zip(needed).filter(|(member, _)| member.kind == Some(position));
        for (member, needed) in members {
            target.live += 1;
            target.coming += u64::from(member.standing == Standing::Coming);
            target.draining +=
                u64::from(matches!(member.standing, Standing::Draining | Standing::Closing | Standing::Held));
            target.needed += u64::from(*needed || member.claims > 0);
        }
        Note::Target(target)
    });
    kinds.collect()
}
