//! Change of the number or the kind of instances of an annex.

use super::annex_change::{AnnexChange, ChangedAnnex, Readiness};
use super::annex_lease::now;
use super::apply::apply;
use super::drain_policy::DrainPolicy;
use super::failure::still_draining;
use super::locked_annex::LockedAnnex;
use super::notes::{idle_here, own_drivers, unbounded, without_gpu_images};
use super::preflight::{budget_diagnostic, cloud_diagnostic, estimate_change};
use super::session::AnnexSession;
use super::surplus::surplus;
use crate::annex::{AnnexName, AnnexPhase, AnnexSpec, Dollars, FileDigests, InstanceGroup};
use crate::app::{CommandError, Interaction, Operation, refuse};
use crate::diagnostics::Diagnostic;
use crate::report::AnnexOffer;

/// Message for a refusal.
const NOTHING: &str = "nothing was changed";

/// Request to change an annex.
pub(crate) struct UpdateRequest {
    /// Name of the annex.
    pub(crate) name: AnnexName,
    /// Number of instances over all pools; none: the current number.
    pub(crate) count: Option<u32>,
    /// New pools; none: unchanged.
    pub(crate) pools: Option<Vec<InstanceGroup>>,
    /// New maximum price of unchanged pools.
    pub(crate) max_price: Option<Dollars>,
    /// Given options about pools, for messages.
    pub(crate) pool_options: Vec<&'static str>,
    /// Whether the files of the annex must be read again.
    pub(crate) files: bool,
    /// Limit of the cost from now on.
    pub(crate) budget: Option<Dollars>,
    /// Policy for draining surplus instances.
    pub(crate) drain: DrainPolicy,
    /// Condition to wait for.
    pub(crate) wait: Readiness,
}

/// Result of [`update`].
pub(crate) enum UpdateOutcome {
    /// The annex is as requested.
    Updated(Box<ChangedAnnex>),
    /// The user declined.
    Declined,
}

/// Changes an annex as requested; surplus instances are drained first.
///
/// # Errors
/// There is no such annex; the request is wrong; the cloud or the pool failed; a stop was requested.
pub(crate) async fn update(operation: Operation<'_>, request: UpdateRequest) -> Result<UpdateOutcome, CommandError> {
    let session = AnnexSession::new(operation)?;
    let (user, name) = (session.user, &request.name);
    let mut held = session.lock_active(name)?;
    let (seen, before) = held.refresh_present().await?;
    let mut spec = before.clone();
    spec.count = match request.count {
        Some(count) => count,
        None => held.size(&seen, &before).await?,
    };
    change_pools(user, &held, &mut spec, &request)?;
    read_files(&mut spec, request.files)?;
    // Fewer instances than requested may be left: those without jobs end by themselves.
    let grows = spec.count > before.count || spec.count > seen.wanted;
    let is_so = AnnexSpec { count: spec.count, ..before.clone() } == spec && seen.wanted == spec.count;
    if is_so && held.record.stage == AnnexPhase::Settled {
        let unchanged = ChangedAnnex { record: held.record, change: AnnexChange::Unchanged, instances: None };
        return Ok(UpdateOutcome::Updated(Box::new(unchanged)));
    }
    offer(&session, &held, (&before, &spec, grows), request.budget).await?;
    if !user.confirm(&format!("Change annex {name}?"))? {
        user.tell(NOTHING);
        return Ok(UpdateOutcome::Declined);
    }
    let surplus = surplus(&held, &before, &spec).await?;
    if !surplus.is_empty() {
        user.tell(&format!("draining {}", surplus.join(", ")));
        let still = request.drain.drain(user, &mut held, &surplus).await?;
        if !still.is_empty() {
            return Err(still_draining(name, &still).hint("the same command again goes on, too"));
        }
    }
    let updated = apply(user, held, &spec, request.wait, AnnexChange::Updated).await?;
    Ok(UpdateOutcome::Updated(Box::new(updated)))
}

/// Applies the options about pools, and warns about those without effect.
///
/// # Errors
/// There is no image with GPU drivers for a pool that asks for one.
fn change_pools(
    user: &dyn Interaction,
    held: &LockedAnnex,
    spec: &mut AnnexSpec,
    request: &UpdateRequest,
) -> Result<(), CommandError> {
    if held.record.place.is_local() {
        idle_here(&request.pool_options).iter().for_each(|note| user.warn(note));
    } else if let Some(pools) = &request.pools {
        spec.pools.clone_from(pools);
        let os = spec.joining().and_then(|joining| joining.os.clone());
        refuse(user, &without_gpu_images(&mut spec.pools, os.as_deref()), NOTHING)?;
        own_drivers(&spec.pools).iter().for_each(|note| user.warn(note));
    } else if request.max_price.is_some() {
        spec.pools.iter_mut().for_each(|pool| pool.max_price = request.max_price);
    }
    if !request.pool_options.is_empty() {
        let pools = spec.pools.iter().enumerate();
        let markets = pools.map(|(place, pool)| (spec.market_of(place), pool.has_only_max_price()));
        unbounded(markets).iter().for_each(|note| user.warn(note));
    }
    Ok(())
}

/// Reads the files of the annex again; unreadable ones are an error only if `must`.
fn read_files(spec: &mut AnnexSpec, must: bool) -> Result<(), CommandError> {
    match FileDigests::read(spec) {
        Ok(contents) => spec.contents = contents,
        Err(why) if must => return Err(CommandError::new(format!("{why}; {NOTHING}"))),
        // The copies at the cloud suffice.
        Err(_) => {}
    }
    Ok(())
}

/// Shows the change, and refuses one that is impossible or too expensive.
async fn offer(
    session: &AnnexSession<'_>,
    held: &LockedAnnex,
    (before, spec, grows): (&AnnexSpec, &AnnexSpec, bool),
    budget: Option<Dollars>,
) -> Result<(), CommandError> {
    let (user, cloud, now) = (session.user, &*held.tools.cloud, now());
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    // A smaller annex needs no new resources.
    if grows || spec.pools != before.pools || spec.contents != before.contents {
        let found = cloud.check(&held.record.id, spec).await?;
        diagnostics.extend(found.into_iter().map(cloud_diagnostic));
    }
    let estimate = estimate_change(session, (cloud, &held.record.id), spec, now).await?;
    diagnostics.extend(budget_diagnostic(spec, estimate, budget, now));
    refuse(user, &diagnostics, NOTHING)?;
    let place = session.clouds.place(&held.record.place).await?;
    user.offer(&AnnexOffer { spec, place: &place, estimate, now });
    if spec.contents != before.contents {
        user.tell("its files have changed: instances that are launched from now on have them as they are now");
    }
    Ok(())
}
