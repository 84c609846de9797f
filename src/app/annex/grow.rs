//! Growth of an annex to a wanted number of instances.

use jiff::Timestamp;

use super::annex_change::{AnnexChange, Readiness};
use super::apply::apply;
use super::failure::gone;
use super::preflight::{budget_diagnostic, cloud_diagnostic, estimate_change};
use super::session::AnnexSession;
use crate::annex::{Annex, Dollars, ObservedAnnex, ObservedState};
use crate::app::{CommandError, Interaction, refuse};
use crate::diagnostics::Diagnostic;
use crate::report::{AnnexOffer, count};

/// Message for a refusal or a declined question.
const NOTHING: &str = "nothing was changed, and nothing was submitted";

/// Minimum size wanted for an annex.
pub(super) struct Growth {
    /// Number of instances; none: the current number.
    pub(super) count: Option<u32>,
    /// Limit of the total cost, or the error in it.
    pub(super) budget: Result<Option<Dollars>, Diagnostic>,
    /// Condition to wait for.
    pub(super) wait: Readiness,
    /// Time of the request.
    pub(super) now: Timestamp,
}

/// Grows the annex if it has fewer instances than wanted; returns none if the user declines.
///
/// # Errors
/// The annex is gone, the cloud cannot provide the instances, or a stop was requested.
pub(super) async fn grow(
    session: &AnnexSession<'_>,
    record: Annex,
    growth: Growth,
) -> Result<Option<Annex>, CommandError> {
    let (user, now) = (session.user, growth.now);
    let name = record.id.name.clone();
    // Jobs can be submitted even if the cloud cannot be asked.
    let cloud = session.clouds.annexes(&record.place)?;
    let seen = cloud.look(&record.id, record.cloud_id.as_deref()).await.unwrap_or_default();
    if growth.more(user, &record, seen.as_ref()).is_none() {
        return Ok(Some(record));
    }
    let mut held = session.lock(&record)?;
    let Some(seen) = held.refresh().await? else { return Err(gone(&held.record)) };
    let wanted = growth.more(user, &held.record, Some(&seen));
    let (Some(number), Some(mut spec)) = (wanted, held.record.spec.clone()) else {
        return Ok(Some(held.record));
    };
    spec.count = number;
    let cloud = &*held.tools.cloud;
    let found = cloud.check(&held.record.id, &spec).await?;
    let estimate = estimate_change(session, (cloud, &held.record.id), &spec, now).await?;
    let mut diagnostics: Vec<Diagnostic> = found.into_iter().map(cloud_diagnostic).collect();
    match growth.budget {
        Ok(budget) => diagnostics.extend(budget_diagnostic(&spec, estimate, budget, now)),
        Err(diagnostic) => diagnostics.push(diagnostic),
    }
    refuse(user, &diagnostics, NOTHING)?;
    let place = session.clouds.place(&held.record.place).await?;
    user.offer(&AnnexOffer { spec: &spec, place: &place, estimate, now });
    if !user.confirm(&format!("Let annex {name} grow to {}?", count(number, "instance")))? {
        user.tell(NOTHING);
        return Ok(None);
    }
    let grown = apply(user, held, &spec, growth.wait, AnnexChange::Updated).await?;
    Ok(Some(grown.record))
}

impl Growth {
    /// Returns the wanted number if the annex has fewer instances.
    fn more(&self, user: &dyn Interaction, record: &Annex, seen: Option<&ObservedAnnex>) -> Option<u32> {
        // Fewer instances than requested may be left: those without jobs end by themselves.
        let is_left = seen.filter(|seen| seen.state == ObservedState::Settled).map_or(u32::MAX, |seen| seen.wanted);
        let size = record.spec.as_ref()?.count.min(is_left);
        if size == 0 && self.count.is_none() {
            user.warn(&format!(
                "annex {} has no instances: they had no jobs, and ended; --count N brings some",
                record.id.name
            ));
        }
        self.count.filter(|count| *count > size)
    }
}
