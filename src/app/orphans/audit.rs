//! Audit of all places: compares their resources with the records.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::claim::Claims;
use super::damage::{damage, or_nothing};
use super::elsewhere::{annex_files, spare_annexes, spare_machines};
use super::left_annexes::{TaggedByAnnexes, without_annex};
use super::scope::{AuditScope, AuditScopes, ScopeKey, used};
use crate::annex::{AnnexCloud, AnnexId, AnnexPhase, TAG_ANNEX};
use crate::app::{Clouds, CommandError, Operation, Workspace};
use crate::engine::{Goal, Missing, Run, missing};
use crate::provider::{CloudError, Instance, Leftover, Leftovers, ListFailure, Selector, TAG_RUN};
use crate::report::{Audit, AuditResult, OrphanAnnex, ScopeError};
use crate::scaler::{Fleet, FleetPhase, orphans};
use crate::state::{AnnexRow, Owner, StateError, StateFile};

/// Request for an audit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuditRequest {
    /// Whether every region that the account may use was asked for by name; otherwise each is asked all the same unless
    /// one is named.
    pub(crate) all_regions: bool,
    /// Whether resources of other state files are wanted as well.
    pub(crate) other_states: bool,
}

/// Orphans found, with their ownership.
pub(crate) struct AuditReport {
    /// Result of the audit.
    pub(crate) audit: Audit,
    /// Data to determine the owner of a resource.
    pub(crate) claims: Claims,
    /// Damage of the state file; nothing is terminated on the word of a damaged file.
    pub(crate) damage: Option<StateError>,
    /// Places of the results, in the same order.
    pub(super) scopes: Vec<AuditScope>,
}

/// Searches all places for orphans.
///
/// # Errors
/// The records cannot be read for a reason other than damage.
pub(crate) async fn audit(operation: Operation<'_>, request: AuditRequest) -> Result<AuditReport, CommandError> {
    let workspace = operation.workspace;
    let clouds = Clouds::new(workspace)?;
    // A request for resources of other state files includes those of this one if all its records are lost.
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

/// Returns all orphans, and the clouds that can remove them.
async fn find(
    operation: Operation<'_>,
    clouds: &Clouds,
    all_regions: bool,
) -> Result<(Audit, Vec<AuditScope>), CommandError> {
    let workspace = operation.workspace;
    let mut scopes = AuditScopes::find(
        operation,
        clouds,
        &used(&recorded(workspace)?, &annexes(workspace)?, &fleets(workspace)?),
        all_regions,
    )
    .await;
    let mut open = std::mem::take(&mut scopes.open);
    let mut failed: Vec<ScopeError> = scopes.closed.iter().map(|(what, error)| not_asked(what, error)).collect();
    let began = Timestamp::now();
    let (shown, unanswered) = ask(&open).await;
    failed.extend(unanswered);
    // Read after the clouds were asked: all resources they showed are recorded by now, if ever.
    let (runs, rows, fleets) = (recorded(workspace)?, annexes(workspace)?, fleets(workspace)?);
    let now = Timestamp::now();
    let mut known = BTreeSet::new();
    let state = match or_nothing(StateFile::open_to_read(&workspace.state_path))? {
        Some(state) => or_nothing(state.id().map(Some))?,
        None => None,
    };
    let mine = state.as_deref();
    let known_runs = runs.iter().map(|run| run.id.clone()).chain(fleets.iter().map(|fleet| fleet.id.tag())).collect();
    let live_fleets: BTreeSet<String> =
        fleets.iter().filter(|fleet| fleet.phase != FleetPhase::Ended).map(|fleet| fleet.id.tag()).collect();
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
        // Queried by id, a cloud may also show an instance that is missing from hoist's launches.
        if !unseen.is_empty()
            && let Ok(by_id) = cloud.describe(&Selector::Ids(unseen)).await
        {
            missing = missed(&[instances.clone(), by_id].concat());
        }
        // Two configurations may lead to the same account.
        instances.retain(|instance| known.insert(instance.id.clone()));
        let lives = |leftover: &Leftover| {
            let of_it = |it: &Instance| !it.state.is_gone() && it.tags.get(TAG_RUN) == leftover.run.as_ref();
            let run = runs.iter().find(|run| Some(&run.id) == leftover.run.as_ref());
            // Resources without a run are listed only if unused.
            let of_fleet = leftover.run.as_ref().is_some_and(|run| live_fleets.contains(run));
            leftover.run.is_some() && instances.iter().any(of_it) || run.is_some_and(|run| !is_down(run)) || of_fleet
        };
        leftovers.retain(|leftover| !lives(leftover) && known.insert(leftover.id.clone()));
        let annex_files = annex_files(&instances);
        let (annexes, mut left) = match annexes {
            Ok(Annexes { all, traces }) => {
                // Instances of an existing annex belong to it.
                let is_annexed = |instance: &Instance| {
                    let tag = instance.tags.get(TAG_ANNEX);
                    tag.is_some_and(|tag| all.iter().any(|annex| annex.tag() == *tag))
                };
                instances.retain(|instance| !is_annexed(instance));
                let tagged = TaggedByAnnexes { place: &place, shown: &all, rows: &rows };
                let left = tagged.take(&mut instances, &mut leftovers, traces).await;
                let left = left.unwrap_or_else(|error| {
                    audit.failed.push(not_asked(name, &error));
                    Vec::new()
                });
                (all, left)
            }
            Err(error) => {
                let of_annex =
                    |instance: &Instance| instance.tags.contains_key(TAG_ANNEX) && !instance.tags.contains_key(TAG_RUN);
                let is_there = instances.iter().any(of_annex) || leftovers.iter().any(|thing| thing.annex.is_some());
                // A user without annexes needs no right to list them. What belongs to any is not judged without that.
                if is_there || rows.iter().any(|row| scopes.key_of(&row.record.place) == Some(&key)) {
                    audit.failed.push(not_asked(name, &error));
                } else {
                    operation.user.tell(&format!("{name}: nobody looked for annexes: {}", error.message));
                }
                instances.retain(|instance| !of_annex(instance));
                leftovers.retain(|thing| thing.annex.is_none());
                (Vec::new(), Vec::new())
            }
        };
        left.retain(|annex| known.insert(annex.id.tag()));
        let lives = |id: &AnnexId| rows.iter().any(|row| row.record.id == *id && row.record.stage != AnnexPhase::Ended);
        let annexes = annexes.into_iter().filter(|id| !lives(id) && known.insert(id.tag())).collect();
        let mut annexes = whose(&place, annexes).await;
        annexes.append(&mut left);
        let (of_runs, others): (Vec<_>, Vec<_>) = instances.into_iter().partition(|it| it.tags.contains_key(TAG_RUN));
        let mut orphans = orphans(&of_runs, &runs, &fleets, now);
        orphans.extend(without_annex(others, now));
        let mut looked_after = spare_machines(&mut orphans, mine);
        looked_after.extend(spare_annexes(&mut annexes, &annex_files, mine));
        audit.found.push(AuditResult { place: name.clone(), orphans, leftovers, missing, annexes, looked_after });
        asked.push(place);
    }
    Ok((audit, asked))
}

/// Returns whether no instance of the run is wanted any more.
fn is_down(run: &Run) -> bool {
    run.ended
        || run.goal.as_ref().is_some_and(Goal::is_down) && run.records().iter().all(|record| record.instance.is_none())
}

/// Resources shown by a place.
struct Shown {
    instances: Vec<Instance>,
    leftovers: Leftovers,
    annexes: Result<Annexes, CloudError>,
}

/// Annexes of a place.
#[derive(Default)]
struct Annexes {
    /// Those that exist.
    all: Vec<AnnexId>,
    /// Those that have left files or groups, whether or not they exist.
    traces: BTreeSet<AnnexId>,
}

/// Asks all places concurrently, since each has its own rate limits.
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
                    Some(cloud) => shown_annexes(&**cloud).await,
                    None => Ok(Annexes::default()),
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

/// Asks for the traces of annexes first: a stack is older than the groups in it.
async fn shown_annexes(cloud: &dyn AnnexCloud) -> Result<Annexes, CloudError> {
    let traces = cloud.traces().await?;
    Ok(Annexes { all: cloud.all().await?, traces })
}

/// Adds the owners of these annexes.
async fn whose(place: &AuditScope, annexes: Vec<AnnexId>) -> Vec<OrphanAnnex> {
    let mut found = Vec::new();
    for id in annexes {
        // The annex may have gone since, or be invisible to this user.
        let (owner, state) = match &place.annexes {
            Some(cloud) => (cloud.owner(&id).await.ok().flatten(), cloud.state(&id).await.ok().flatten()),
            None => (None, None),
        };
        found.push(OrphanAnnex { id, owner, state, remains: Vec::new(), recorded: false });
    }
    found
}

/// Returns all recorded annexes, including ended ones.
fn annexes(workspace: &Workspace) -> Result<Vec<AnnexRow>, CommandError> {
    match or_nothing(StateFile::open_to_read(&workspace.state_path))? {
        Some(state) => or_nothing(state.annexes(true)),
        None => Ok(Vec::new()),
    }
}

/// Returns all recorded fleets, including ended ones.
fn fleets(workspace: &Workspace) -> Result<Vec<Fleet>, CommandError> {
    let Some(state) = or_nothing(StateFile::open_to_read(&workspace.state_path))? else {
        return Ok(Vec::new());
    };
    Ok(or_nothing(state.fleets(true))?.into_iter().map(|row| row.record).collect())
}

fn not_asked(place: &str, error: &CloudError) -> ScopeError {
    ScopeError { what: format!("{place}: {}", error.message), hint: error.hint.clone() }
}

/// Returns all recorded runs, including ended ones.
fn recorded(workspace: &Workspace) -> Result<Vec<Run>, CommandError> {
    let Some(state) = or_nothing(StateFile::open_to_read(&workspace.state_path))? else {
        return Ok(Vec::new());
    };
    let mut runs = Vec::new();
    for row in or_nothing(state.runs(true))? {
        // The run was forgotten since the list was read, or is damaged.
        let Some((plan, records)) = or_nothing(state.load(row.id).map(Some))? else { continue };
        let run = Run::replay(row.tag, row.name, plan, &records);
        runs.push(run.map_err(|error| CommandError::new(error.to_string()))?);
    }
    Ok(runs)
}
