//! Asks every place what is there, and compares that with what is recorded.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::places::{Key, Place, Places};
use crate::annex::{AnnexId, AnnexStage, TAG_ANNEX};
use crate::cli::clouds::Clouds;
use crate::cli::context::Context;
use crate::cli::exit::CommandError;
use crate::engine::{CloudError, Goal, Instance, Leftover, Run, Selector, TAG_RUN, missing, orphans};
use crate::report::{Audit, Found, NotAsked, StrayAnnex};
use crate::state::{AnnexRow, StateError};

/// The places behind what was found, in the same order.
pub(super) type Asked = Vec<Place>;

/// Everything that nobody looks after, and the clouds that can remove it.
pub(super) async fn audit(
    context: &Context,
    clouds: &Clouds,
    all_regions: bool,
) -> Result<(Audit, Asked), CommandError> {
    let mut places = Places::find(context, clouds, &recorded(context)?, &annexes(context)?, all_regions).await;
    let mut open = std::mem::take(&mut places.open);
    let mut failed: Vec<NotAsked> = places.closed.iter().map(|(what, error)| not_asked(what, error)).collect();
    let began = Timestamp::now();
    let (shown, unanswered) = ask(&open).await;
    failed.extend(unanswered);
    // Read after the clouds were asked: whatever they showed is recorded by now, if it is going to be.
    let (runs, rows) = (recorded(context)?, annexes(context)?);
    let now = Timestamp::now();
    let mut known = BTreeSet::new();
    let mut audit = Audit { found: Vec::new(), failed, removed: Vec::new(), remains: Vec::new() };
    let mut asked = Asked::new();
    for (key, Shown { mut instances, mut leftovers, annexes }) in shown {
        let Some(place) = open.remove(&key) else { continue };
        let Place { name, cloud, .. } = &place;
        let here = |run: &Run, cloud: &str| {
            run.plan.clouds.get(cloud).is_some_and(|config| places.key_of(config) == Some(&key))
        };
        let grace = SignedDuration::try_from(cloud.capabilities().visibility_grace).unwrap_or_default();
        let settled = began - grace;
        let missing = runs.iter().flat_map(|run| missing(&instances, run, settled, |cloud| here(run, cloud))).collect();
        // Two ways may lead to one account.
        instances.retain(|instance| known.insert(instance.id.clone()));
        let lives = |leftover: &Leftover| {
            let of_it = |it: &Instance| !it.state.is_gone() && it.tags.get(TAG_RUN) == leftover.run.as_ref();
            let run = runs.iter().find(|run| Some(&run.id) == leftover.run.as_ref());
            instances.iter().any(of_it) || run.is_some_and(|run| !is_down(run))
        };
        leftovers.retain(|leftover| !lives(leftover) && known.insert(leftover.id.clone()));
        let annexes = match annexes {
            Ok(all) => all,
            Err(error) => {
                // Whoever has no annexes needs no right to look for them.
                if rows.iter().any(|row| places.key_of(&row.record.place) == Some(&key)) {
                    audit.failed.push(not_asked(name, &error));
                } else {
                    context.tell(&format!("{name}: nobody looked for annexes: {}", error.message));
                }
                Vec::new()
            }
        };
        // What an annex has is the annex's, as long as there is one.
        let is_annexed = |instance: &Instance| {
            let tag = instance.tags.get(TAG_ANNEX);
            tag.is_some_and(|tag| annexes.iter().any(|annex| annex.tag() == *tag))
        };
        instances.retain(|instance| !is_annexed(instance));
        let lives = |id: &AnnexId| rows.iter().any(|row| row.record.id == *id && row.record.stage != AnnexStage::Ended);
        let annexes = annexes.into_iter().filter(|id| !lives(id) && known.insert(id.tag())).collect();
        let annexes = whose(&place, annexes).await;
        let orphans = orphans(&instances, &runs, now);
        audit.found.push(Found { place: name.clone(), orphans, leftovers, missing, annexes });
        asked.push(place);
    }
    Ok((audit, asked))
}

/// Whether no machine of the run is wanted any more.
fn is_down(run: &Run) -> bool {
    run.ended || matches!(run.goal, Some(Goal::Down)) && run.records().iter().all(|record| record.instance.is_none())
}

/// What a place shows.
struct Shown {
    instances: Vec<Instance>,
    leftovers: Vec<Leftover>,
    annexes: Result<Vec<AnnexId>, CloudError>,
}

/// Asks all places side by side: each has limits of its own.
async fn ask(places: &BTreeMap<Key, Place>) -> (BTreeMap<Key, Shown>, Vec<NotAsked>) {
    let mut questions = JoinSet::new();
    for (key, place) in places {
        let (key, name, cloud) = (key.clone(), place.name.clone(), place.cloud.clone());
        let annexes = place.annexes.clone();
        questions.spawn(async move {
            let answer = async {
                let instances = cloud.describe(&Selector::Ours).await?;
                let leftovers = cloud.leftovers(None).await?;
                let annexes = match &annexes {
                    Some(annexes) => annexes.all().await,
                    None => Ok(Vec::new()),
                };
                Ok::<_, CloudError>(Shown { instances, leftovers, annexes })
            };
            (key, name, answer.await)
        });
    }
    let mut shown = BTreeMap::new();
    let mut failed = Vec::new();
    while let Some(answered) = questions.join_next().await {
        match answered {
            Ok((key, _, Ok(answer))) => drop(shown.insert(key, answer)),
            Ok((_, name, Err(error))) => failed.push(not_asked(&name, &error)),
            Err(error) => failed.push(NotAsked { what: format!("a place: {error}"), hint: None }),
        }
    }
    failed.sort_by(|one, other| one.what.cmp(&other.what));
    (shown, failed)
}

/// These annexes, with whose they are.
async fn whose(place: &Place, annexes: Vec<AnnexId>) -> Vec<StrayAnnex> {
    let mut found = Vec::new();
    for id in annexes {
        let owner = match &place.annexes {
            // It may have gone since, or be hidden from us.
            Some(cloud) => cloud.owner(&id).await.ok().flatten(),
            None => None,
        };
        found.push(StrayAnnex { id, owner });
    }
    found
}

/// Every recorded annex, also those that have ended.
fn annexes(context: &Context) -> Result<Vec<AnnexRow>, CommandError> {
    match context.existing_state()? {
        Some(state) => Ok(state.annexes(true)?),
        None => Ok(Vec::new()),
    }
}

fn not_asked(place: &str, error: &CloudError) -> NotAsked {
    NotAsked { what: format!("{place}: {}", error.message), hint: error.hint.clone() }
}

/// Every recorded run, also those that have ended.
fn recorded(context: &Context) -> Result<Vec<Run>, CommandError> {
    let Some(state) = context.existing_state()? else { return Ok(Vec::new()) };
    let mut runs = Vec::new();
    for row in state.runs(true)? {
        let (plan, records) = match state.load(row.id) {
            Ok(loaded) => loaded,
            // Forgotten since the list was read.
            Err(StateError::RunNotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let run = Run::replay(row.tag, row.name, plan, &records);
        runs.push(run.map_err(|error| CommandError::new(error.to_string()))?);
    }
    Ok(runs)
}
