//! Asks every place what is there, and compares that with what is recorded.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::claim::Claims;
use super::damage::{damage, or_nothing};
use super::elsewhere::{annex_files, spare_annexes, spare_machines};
use super::scope::{AuditScope, AuditScopes, ScopeKey};
use crate::annex::{AnnexId, AnnexPhase, TAG_ANNEX};
use crate::app::{Clouds, CommandError, Operation, Workspace};
use crate::engine::{Goal, Missing, Run, missing, orphans};
use crate::provider::{CloudError, Instance, Leftover, Leftovers, ListFailure, Selector, TAG_RUN};
use crate::report::{Audit, AuditResult, OrphanAnnex, ScopeError};
use crate::state::{AnnexRow, Owner, StateError, StateFile};

/// Where to look, and what for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuditRequest {
    /// Whether every region is asked that the account may use.
    pub(crate) all_regions: bool,
    /// Whether things of other state files are wanted, too.
    pub(crate) other_states: bool,
}

/// What nobody looks after, and whose it is.
pub(crate) struct AuditReport {
    /// What was found.
    pub(crate) audit: Audit,
    /// By which it is told whose something is.
    pub(crate) claims: Claims,
    /// What is wrong with the state file, on whose word nothing is ended then.
    pub(crate) damage: Option<StateError>,
    /// The places behind what was found, in the same order.
    pub(super) scopes: Vec<AuditScope>,
}

/// Looks everywhere for what nobody looks after.
///
/// # Errors
/// What is recorded cannot be read, for another reason than that it is damaged.
pub(crate) async fn audit(operation: Operation<'_>, request: AuditRequest) -> Result<AuditReport, CommandError> {
    let workspace = operation.workspace;
    let clouds = Clouds::new(workspace)?;
    // Whoever wants what other state files may know wants what this one knew, too, once it knows nothing.
    let damage = damage(workspace).filter(|damage| !(request.other_states && damage.is_loss_of_all()));
    let (audit, scopes) = find(operation, &clouds, request.all_regions).await?;
    let claims = Claims {
        me: Owner::current().to_string(),
        state: audit.state.clone(),
        known_runs: audit.known_runs.clone(),
        now: Timestamp::now(),
    };
    Ok(AuditReport { audit, claims, damage, scopes })
}

/// Everything that nobody looks after, and the clouds that can remove it.
async fn find(
    operation: Operation<'_>,
    clouds: &Clouds,
    all_regions: bool,
) -> Result<(Audit, Vec<AuditScope>), CommandError> {
    let workspace = operation.workspace;
    let mut scopes =
        AuditScopes::find(operation, clouds, &recorded(workspace)?, &annexes(workspace)?, all_regions).await;
    let mut open = std::mem::take(&mut scopes.open);
    let mut failed: Vec<ScopeError> = scopes.closed.iter().map(|(what, error)| not_asked(what, error)).collect();
    let began = Timestamp::now();
    let (shown, unanswered) = ask(&open).await;
    failed.extend(unanswered);
    // Read after the clouds were asked: whatever they showed is recorded by now, if it is going to be.
    let (runs, rows) = (recorded(workspace)?, annexes(workspace)?);
    let now = Timestamp::now();
    let mut known = BTreeSet::new();
    let state = match or_nothing(StateFile::open_to_read(&workspace.state_path))? {
        Some(state) => or_nothing(state.id().map(Some))?,
        None => None,
    };
    let mine = state.as_deref();
    let known_runs = runs.iter().map(|run| run.id.clone()).collect();
    let mut audit =
        Audit { found: Vec::new(), failed, removed: Vec::new(), remains: Vec::new(), state: state.clone(), known_runs };
    let mut asked = Vec::new();
    for (key, Shown { mut instances, leftovers: Leftovers { found: mut leftovers, unanswered }, annexes }) in shown {
        let Some(place) = open.remove(&key) else { continue };
        let AuditScope { name, cloud, .. } = &place;
        audit.failed.extend(unanswered.iter().map(|ListFailure { error, .. }| not_asked(name, error)));
        let here = |run: &Run, cloud: &str| {
            run.plan.clouds.get(cloud).is_some_and(|config| scopes.key_of(config) == Some(&key))
        };
        let grace = SignedDuration::try_from(cloud.capabilities().consistency_window).unwrap_or_default();
        let settled = began - grace;
        let missed = |shown: &[Instance]| -> Vec<Missing> {
            runs.iter().flat_map(|run| missing(shown, run, settled, |cloud| here(run, cloud))).collect()
        };
        let mut missing = missed(&instances);
        let unseen: Vec<String> =
            missing.iter().filter(|it| it.finding.is_none()).map(|it| it.instance_id.clone()).collect();
        // By its id a cloud may know of one more than that it is not among those that hoist launched.
        if !unseen.is_empty()
            && let Ok(by_id) = cloud.describe(&Selector::Ids(unseen)).await
        {
            missing = missed(&[instances.clone(), by_id].concat());
        }
        // Two ways may lead to one account.
        instances.retain(|instance| known.insert(instance.id.clone()));
        let lives = |leftover: &Leftover| {
            let of_it = |it: &Instance| !it.state.is_gone() && it.tags.get(TAG_RUN) == leftover.run.as_ref();
            let run = runs.iter().find(|run| Some(&run.id) == leftover.run.as_ref());
            // What is of no run is listed only where nothing uses it.
            leftover.run.is_some() && instances.iter().any(of_it) || run.is_some_and(|run| !is_down(run))
        };
        leftovers.retain(|leftover| !lives(leftover) && known.insert(leftover.id.clone()));
        let annexes = match annexes {
            Ok(all) => all,
            Err(error) => {
                // Whoever has no annexes needs no right to look for them.
                if rows.iter().any(|row| scopes.key_of(&row.record.place) == Some(&key)) {
                    audit.failed.push(not_asked(name, &error));
                } else {
                    operation.user.tell(&format!("{name}: nobody looked for annexes: {}", error.message));
                }
                Vec::new()
            }
        };
        // What an annex has is the annex's, as long as there is one.
        let is_annexed = |instance: &Instance| {
            let tag = instance.tags.get(TAG_ANNEX);
            tag.is_some_and(|tag| annexes.iter().any(|annex| annex.tag() == *tag))
        };
        let annex_files = annex_files(&instances);
        instances.retain(|instance| !is_annexed(instance));
        let lives = |id: &AnnexId| rows.iter().any(|row| row.record.id == *id && row.record.stage != AnnexPhase::Ended);
        let annexes = annexes.into_iter().filter(|id| !lives(id) && known.insert(id.tag())).collect();
        let mut annexes = whose(&place, annexes).await;
        let mut orphans = orphans(&instances, &runs, now);
        let mut looked_after = spare_machines(&mut orphans, mine);
        looked_after.extend(spare_annexes(&mut annexes, &annex_files, mine));
        audit.found.push(AuditResult { place: name.clone(), orphans, leftovers, missing, annexes, looked_after });
        asked.push(place);
    }
    Ok((audit, asked))
}

/// Whether no machine of the run is wanted any more.
fn is_down(run: &Run) -> bool {
    run.ended
        || run.goal.as_ref().is_some_and(Goal::is_down) && run.records().iter().all(|record| record.instance.is_none())
}

/// What a place shows.
struct Shown {
    instances: Vec<Instance>,
    leftovers: Leftovers,
    annexes: Result<Vec<AnnexId>, CloudError>,
}

/// Asks all places side by side: each has limits of its own.
async fn ask(scopes: &BTreeMap<ScopeKey, AuditScope>) -> (BTreeMap<ScopeKey, Shown>, Vec<ScopeError>) {
    let mut questions = JoinSet::new();
    for (key, place) in scopes {
        let (key, name, cloud) = (key.clone(), place.name.clone(), place.cloud.clone());
        let annexes = place.annexes.clone();
        questions.spawn(async move {
            let answer = async {
                let instances = cloud.describe(&Selector::ManagedByHoist).await?;
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
            Err(error) => failed.push(ScopeError { what: format!("a place: {error}"), hint: None }),
        }
    }
    failed.sort_by(|one, other| one.what.cmp(&other.what));
    (shown, failed)
}

/// These annexes, with whose they are.
async fn whose(place: &AuditScope, annexes: Vec<AnnexId>) -> Vec<OrphanAnnex> {
    let mut found = Vec::new();
    for id in annexes {
        // It may have gone since, or be hidden from us.
        let (owner, state) = match &place.annexes {
            Some(cloud) => (cloud.owner(&id).await.ok().flatten(), cloud.state(&id).await.ok().flatten()),
            None => (None, None),
        };
        found.push(OrphanAnnex { id, owner, state });
    }
    found
}

/// Every recorded annex, also those that have ended.
fn annexes(workspace: &Workspace) -> Result<Vec<AnnexRow>, CommandError> {
    match or_nothing(StateFile::open_to_read(&workspace.state_path))? {
        Some(state) => or_nothing(state.annexes(true)),
        None => Ok(Vec::new()),
    }
}

fn not_asked(place: &str, error: &CloudError) -> ScopeError {
    ScopeError { what: format!("{place}: {}", error.message), hint: error.hint.clone() }
}

/// Every recorded run, also those that have ended.
fn recorded(workspace: &Workspace) -> Result<Vec<Run>, CommandError> {
    let Some(state) = or_nothing(StateFile::open_to_read(&workspace.state_path))? else {
        return Ok(Vec::new());
    };
    let mut runs = Vec::new();
    for row in or_nothing(state.runs(true))? {
        // Forgotten since the list was read, or damaged.
        let Some((plan, records)) = or_nothing(state.load(row.id).map(Some))? else { continue };
        let run = Run::replay(row.tag, row.name, plan, &records);
        runs.push(run.map_err(|error| CommandError::new(error.to_string()))?);
    }
    Ok(runs)
}
