use std::collections::BTreeSet;

use super::super::job_group::JobGroup;
use super::super::placement::Fate;
use super::super::seconds::Seconds;
use super::bin::Role;
use super::config::ClassadConfig;
use super::demand::Waiting;
use super::fleet::Fleet;
use super::match_cache::MatchCache;
use super::packing::Packing;
use super::standing::Standing;
use super::supply::{ads, bins};
use super::template::Template;

/// Number of times that jobs are placed anew after drains were chosen to be cancelled.
const MOST_ROUNDS: usize = 4;

/// The placement of all groups on the supply that is there.
pub(super) struct Arrangement<'a> {
    pub(super) waiting: Vec<Waiting<'a>>,
    pub(super) packing: Packing,
    /// Positions of members whose drains are cancelled for waiting jobs.
    pub(super) resumed: BTreeSet<usize>,
}

impl<'a> Arrangement<'a> {
    /// Places groups on free room, then on machines on their way, then on draining machines at the positions
    /// `reusable`; those at the positions `reopened` serve already.
    ///
    /// A machine whose drain is cancelled serves like any other, so all jobs are placed anew with it: what they no
    /// longer need then is known in this pass, and not taken out in the next.
    pub(super) fn make(
        config: &ClassadConfig,
        (fleet, templates, reusable, reopened): (&Fleet<'_>, &[Template], &BTreeSet<usize>, &BTreeSet<usize>),
        groups: &'a [JobGroup],
        mut cache: MatchCache,
        now: Seconds,
    ) -> Arrangement<'a> {
        let jobs: Vec<_> = groups.iter().map(|group| &group.ad).collect();
        cache.take_in(&jobs, &ads(fleet, templates), now);
        let mut resumed = reopened.clone();
        for _ in 1..MOST_ROUNDS {
            let round = Arrangement::once(config, (fleet, templates), groups, (reusable, &resumed), cache, now);
            if round.resumed.is_subset(&resumed) {
                return Arrangement { resumed, ..round };
            }
            resumed.extend(&round.resumed);
            cache = round.packing.into_cache();
        }
        let mut last = Arrangement::once(config, (fleet, templates), groups, (reusable, &resumed), cache, now);
        last.resumed.extend(&resumed);
        last
    }

    fn once(
        config: &ClassadConfig,
        (fleet, templates): (&Fleet<'_>, &[Template]),
        groups: &'a [JobGroup],
        (reusable, resumed): (&BTreeSet<usize>, &BTreeSet<usize>),
        cache: MatchCache,
        now: Seconds,
    ) -> Arrangement<'a> {
        let mut waiting = Waiting::all(groups, |group| cache.profile(&group.ad));
        let stock = bins(fleet, templates, (reusable, resumed), &cache);
        let mut packing = Packing::new(cache, stock, templates, fleet.members.len(), now);
        Waiting::order_by_choosiness(&mut waiting, &mut packing);
        for waiting in &mut waiting {
            waiting.place_on_busy(&mut packing);
            waiting.choose(&mut packing, config);
            for (role, fate) in [(Role::Idle, Fate::Running), (Role::Coming, Fate::Coming)] {
                waiting.place(&mut packing, config, role, |_| fate.clone());
                waiting.place_on_others(&mut packing, role, &fate);
            }
        }
        for waiting in &mut waiting {
            waiting.place(&mut packing, config, Role::Draining, |_| Fate::DrainCancelled);
            waiting.place_on_others(&mut packing, Role::Draining, &Fate::DrainCancelled);
        }
        let members = fleet.members.iter().zip(packing.needed()).enumerate();
        let used = members.filter(|(_, (member, needed))| **needed && member.standing == Standing::Draining);
        let resumed = used.map(|(position, _)| position).collect();
        Arrangement { waiting, packing, resumed }
    }
}
