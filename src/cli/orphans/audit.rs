//! Asks every place what is there, and compares that with what is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::places::{Key, Place, Places};
use crate::cli::clouds::Clouds;
use crate::cli::context::Context;
use crate::cli::exit::CommandError;
use crate::engine::{Cloud, CloudError, Goal, Instance, Leftover, Run, Selector, TAG_RUN, missing, orphans};
use crate::report::{Audit, Found, NotAsked};
use crate::state::StateError;

/// The places behind what was found, in the same order.
pub(super) type Clouded = Vec<Arc<dyn Cloud>>;

/// Everything that nobody looks after, and the clouds that can remove it.
pub(super) async fn audit(
    context: &Context,
    clouds: &Clouds,
    all_regions: bool,
) -> Result<(Audit, Clouded), CommandError> {
    let mut places = Places::find(context, clouds, &recorded(context)?, all_regions).await;
    let open = std::mem::take(&mut places.open);
    let mut failed: Vec<NotAsked> = places.closed.iter().map(|(what, error)| not_asked(what, error)).collect();
    let began = Timestamp::now();
    let (shown, unanswered) = ask(&open).await;
    failed.extend(unanswered);
    // Read after the clouds were asked: whatever they showed is recorded by now, if it is going to be.
    let runs = recorded(context)?;
    let now = Timestamp::now();
    let mut known = BTreeSet::new();
    let mut audit = Audit { found: Vec::new(), failed, removed: Vec::new(), remains: Vec::new() };
    let mut asked = Clouded::new();
    for (key, (mut instances, mut leftovers)) in shown {
        let Some(Place { name, cloud }) = open.get(&key) else { continue };
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
        let orphans = orphans(&instances, &runs, now);
        audit.found.push(Found { place: name.clone(), orphans, leftovers, missing });
        asked.push(cloud.clone());
    }
    Ok((audit, asked))
}

/// Whether no machine of the run is wanted any more.
fn is_down(run: &Run) -> bool {
    run.ended || matches!(run.goal, Some(Goal::Down)) && run.records().iter().all(|record| record.instance.is_none())
}

type Shown = BTreeMap<Key, (Vec<Instance>, Vec<Leftover>)>;

/// Asks all places side by side: each has limits of its own.
async fn ask(places: &BTreeMap<Key, Place>) -> (Shown, Vec<NotAsked>) {
    let mut questions = JoinSet::new();
    for (key, place) in places {
        let (key, name, cloud) = (key.clone(), place.name.clone(), place.cloud.clone());
        questions.spawn(async move {
            let answer = async {
                let instances = cloud.describe(&Selector::Ours).await?;
                Ok::<_, CloudError>((instances, cloud.leftovers(None).await?))
            };
            (key, name, answer.await)
        });
    }
    let mut shown = Shown::new();
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
