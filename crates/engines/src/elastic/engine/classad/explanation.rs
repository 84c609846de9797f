use std::sync::Arc;

use super::super::job_group::JobGroup;
use super::super::note::Note;
use super::super::placement::{Fate, KindMisfit, Misfit, Placement};
use super::super::seconds::Seconds;
use super::config::ClassadConfig;
use super::demand::{Waiting, lives_too_short};
use super::kind_config::KindConfig;
use super::match_cache::MatchCache;
use super::request::Request;
use super::template::Template;
use crate::classad::{ClassAd, Evaluation, Scope, first_failing_clause};

/// Largest number of characters of a clause or a value.
const MOST_TEXT: usize = 400;

/// Largest number of attributes of a clause.
const MOST_VALUES: usize = 12;

/// Tells the fates of groups, of those without a place first, and what no kind can run.
pub(super) fn explain(
    config: &ClassadConfig,
    waiting: &mut [Waiting<'_>],
    templates: &[Template],
    cache: &MatchCache,
    now: Seconds,
) -> Vec<Note> {
    let mut order: Vec<usize> = (0..waiting.len()).collect();
    order.sort_by_key(|position| waiting.get(*position).map(|waiting| urgency(waiting)));
    let (told, omitted) = order.split_at(config.explained_groups.min(order.len()));
    let mut notes = Vec::new();
    for position in told {
        let Some(waiting) = waiting.get_mut(*position) else { continue };
        if waiting.left > 0 && (waiting.unservable || waiting.uncertain) {
            let kinds: Vec<KindMisfit> = config
                .kinds
                .iter()
                .zip(templates)
                .map(|(kind, template)| KindMisfit {
                    kind: Arc::clone(&kind.name),
                    reason: misfit(kind, template, waiting.group, cache, now),
                })
                .collect();
            let fate = if waiting.uncertain { Fate::Unknown { kinds } } else { Fate::Unservable { kinds } };
            let left = waiting.left;
            waiting.settle(left, fate);
        }
        let jobs = waiting.group.count.saturating_add(waiting.group.hidden);
        let shares = std::mem::take(&mut waiting.shares);
        notes.push(Note::Placed(Placement { group: Arc::clone(&waiting.group.id), jobs, shares }));
    }
    if !omitted.is_empty() {
        let of = |position: &usize| waiting.get(*position);
        let jobs = omitted
            .iter()
            .filter_map(of)
            .fold(0_u64, |sum, waiting| sum.saturating_add(waiting.group.count).saturating_add(waiting.group.hidden));
        let groups = u64::try_from(omitted.len()).unwrap_or(u64::MAX);
        notes.push(Note::PlacementsOmitted { groups, jobs });
    }
    notes
}

/// Orders groups by how much there is to tell.
fn urgency(waiting: &Waiting<'_>) -> u8 {
    let has = |fits: fn(&Fate) -> bool| waiting.shares.iter().any(|share| fits(&share.fate));
    if waiting.left > 0 {
        0
    } else if has(|fate| matches!(fate, Fate::Limited { .. })) {
        1
    } else if has(|fate| !matches!(fate, Fate::Running)) {
        2
    } else {
        3
    }
}

/// Finds why an empty machine of a kind does not run a group's jobs.
fn misfit(kind: &KindConfig, template: &Template, group: &JobGroup, cache: &MatchCache, now: Seconds) -> Misfit {
    let mut found = Misfit::NoSlots;
    for slot in &template.slots {
        if let Some(clause) = clause(&group.ad, &slot.ad, true, now) {
            return clause;
        }
        if let Some(clause) = clause(&slot.ad, &group.ad, false, now) {
            return clause;
        }
        let resources = cache.resources();
        let room = resources.room(&slot.ad);
        let request = Request::of(resources, &group.ad, Some(&slot.ad), now);
        let dealt = request.map(|request| request.dealt).unwrap_or_default();
        let short = dealt.iter().zip(&room).zip(resources.names()).find(|((dealt, has), _)| dealt > has);
        if let Some(((dealt, has), name)) = short {
            found = Misfit::Resource { resource: name.to_string(), asked: *dealt, offered: *has };
        } else if let Some((run_time, lifetime)) = group.run_time.zip(kind.lifetime)
            && lives_too_short(kind, group)
        {
            found = Misfit::Lifetime { run_time, lifetime };
        }
    }
    found
}

fn clause(my: &ClassAd, target: &ClassAd, of_job: bool, now: Seconds) -> Option<Misfit> {
    let requirements = my.attribute("Requirements").or_else(|| my.attribute("Start").filter(|_| !of_job))?;
    let failed = first_failing_clause(requirements, Scope::new(my, Some(target), now))?;
    let clause = shortened(&failed.text);
    if let Some(unknown) = &failed.evaluation.unknown {
        return Some(Misfit::Unknown { clause, needs: unknown.to_string() });
    }
    let text = |evaluation: &Evaluation| match &evaluation.unknown {
        Some(unknown) => shortened(&unknown.to_string()),
        None => shortened(&evaluation.value.to_string()),
    };
    let values = failed.attributes.iter().take(MOST_VALUES).map(|(name, value)| (shortened(name), text(value)));
    Some(Misfit::Clause { of_job, clause, values: values.collect() })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
