use std::collections::BTreeSet;

use super::super::reason::Reason;
use super::fleet::Fleet;
use super::member::Member;
use super::plan::Plan;
use super::standing::Standing;

/// Restores the minima: of each kind, of the fleet, and of machines without work.
///
/// `needed` tells of each member, then of each new machine, whether waiting jobs need it. Returns the number of
/// machines without work, those that are added included.
pub(super) fn restore_minima(plan: &mut Plan<'_>, fleet: &Fleet<'_>, needed: &[bool]) -> u64 {
    let count = |standing: Standing| fleet.members.iter().filter(|member| member.standing == standing).count();
    let coming = i64::try_from(count(Standing::Coming)).unwrap_or(i64::MAX);
    let mut spare = spare(plan, fleet, needed);
    for kind in 0..plan.config.kinds.len() {
        let minimum = plan.config.kinds.get(kind).map_or(0, |kind| kind.min);
        let serving = plan.serving.get(kind).copied().unwrap_or(0);
        let missing = minimum.saturating_sub(serving);
        let reason = min_reason(minimum, serving, coming);
        spare = spare.saturating_add(add(plan, fleet, &[kind], missing, &reason, |_| true));
    }
    let kinds = plan.cheapest();
    let (minimum, serving) = (plan.config.min, plan.serving_of_all);
    let reason = min_reason(minimum, serving, coming);
    spare = spare.saturating_add(add(plan, fleet, &kinds, minimum.saturating_sub(serving), &reason, |_| true));
    let minimum = plan.config.min_idle;
    let reason = Reason::MinIdle { minimum, idle: spare };
    let missing = minimum.saturating_sub(spare);
    spare.saturating_add(add(plan, fleet, &kinds, missing, &reason, |member| member.claims == 0))
}

/// Returns the number of machines that no waiting job needs: without a claim, on their way, or new.
fn spare(plan: &Plan<'_>, fleet: &Fleet<'_>, needed: &[bool]) -> u64 {
    let resumed: BTreeSet<usize> = plan.resumed.iter().map(|(position, _)| *position).collect();
    let idle = fleet.members.iter().zip(needed).enumerate().filter(|(position, (member, needed))| {
        !**needed && member.claims == 0 && (member.standing.serves() || resumed.contains(position))
    });
    let new = needed.iter().skip(fleet.members.len()).filter(|needed| !**needed);
    u64::try_from(idle.count().saturating_add(new.count())).unwrap_or(u64::MAX)
}

fn min_reason(minimum: u64, serving: u64, coming: i64) -> Reason {
    let signed = |number| i64::try_from(number).unwrap_or(i64::MAX);
    Reason::Min { minimum: signed(minimum), running: signed(serving).saturating_sub(coming), coming }
}

/// Adds machines of the first kinds that have some: own drains that are cancelled, of machines that `may` serve again,
/// then launches. Returns how many of them have no work.
fn add(
    plan: &mut Plan<'_>,
    fleet: &Fleet<'_>,
    kinds: &[usize],
    missing: u64,
    reason: &Reason,
    may: impl Fn(&Member<'_>) -> bool,
) -> u64 {
    let (mut left, mut idle) = (missing, 0);
    if missing == 0 {
        return 0;
    }
    for kind in kinds {
        for (position, member) in fleet.members.iter().enumerate() {
            let can_resume = member.standing == Standing::Draining && member.kind == Some(*kind) && may(member);
            let resumed = |plan: &Plan<'_>| plan.resumed.iter().any(|(resumed, _)| *resumed == position);
            if left > 0 && can_resume && plan.has_place(member.kind) && !resumed(plan) {
                plan.resume(position, member.kind, reason.clone());
                left -= 1;
                idle += u64::from(member.claims == 0);
            }
        }
    }
    for kind in kinds {
        if left > 0 {
            let launched = plan.launch(*kind, left, reason.clone()).0;
            left -= launched;
            idle += launched;
        }
    }
    idle
}
