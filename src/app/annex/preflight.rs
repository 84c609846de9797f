//! Checks before the creation of an annex: whether the cloud has the named resources, and the cost.

use jiff::Timestamp;
use serde_json::Value;

use super::draft::AnnexDraft;
use super::session::AnnexSession;
use crate::annex::{AnnexCloud, AnnexId, AnnexSpec, Dollars, Estimate, Market, PoolPrice, Running};
use crate::app::{CommandError, refuse};
use crate::diagnostics::{Cause, Diagnostic};
use crate::plan::CloudConfig;
use crate::provider::{CloudError, CloudErrorKind};
use crate::report::{AnnexOffer, over_budget, unknown_price};

/// Nonce of an annex that is only previewed; creation chooses a random one.
const NONCE: &str = "000000000000";

/// An annex that passed the checks.
pub(crate) struct Preflight {
    /// Specification of the annex.
    pub(crate) spec: AnnexSpec,
    /// Cloud of the annex, with region and account.
    pub(crate) place: CloudConfig,
    /// Label of the cloud, for the user.
    pub(crate) shown: String,
    /// Estimated cost.
    pub(crate) estimate: Estimate,
    /// Limit of the cost.
    pub(crate) budget: Option<Dollars>,
    /// Assumed beginning of the annex.
    pub(crate) now: Timestamp,
}

/// Asks the cloud for objections to the annex and for its cost; refuses with all errors at once. `recorded` is the id
/// of an existing annex of this name.
pub(super) async fn check(
    session: &AnnexSession<'_>,
    draft: AnnexDraft,
    recorded: Option<&AnnexId>,
    nothing: &str,
) -> Result<Preflight, CommandError> {
    let id = &asked_about(&draft.spec, recorded);
    let askable = draft.for_cloud();
    let AnnexDraft { spec, cloud, budget, mut diagnostics, now, .. } = draft;
    let mut offered = Preflight {
        place: cloud.clone(),
        shown: cloud.provider.clone(),
        estimate: Estimate::default(),
        budget,
        now,
        spec,
    };
    if let Some(askable) = askable {
        match ask(session, &cloud, (id, &askable), &mut offered).await {
            Ok(found) => diagnostics.extend(found),
            Err(error) => diagnostics.push(unreachable(&cloud, error)),
        }
    }
    let late = budget_diagnostic(&offered.spec, offered.estimate, budget, now);
    // The cost of an impossible annex is unknown.
    diagnostics.extend(late.filter(|_| diagnostics.is_empty()));
    refuse(session.user, &diagnostics, nothing)?;
    Ok(offered)
}

impl Preflight {
    /// Returns the request that the cloud would get.
    pub(super) async fn preview(
        &self,
        session: &AnnexSession<'_>,
        recorded: Option<&AnnexId>,
    ) -> Result<Value, CommandError> {
        let cloud = session.clouds.annexes(&self.place)?;
        Ok(cloud.preview(&asked_about(&self.spec, recorded), &self.spec).await?)
    }

    /// Returns the offer for the user to agree to.
    pub(crate) fn offer(&self) -> AnnexOffer<'_> {
        let Self { spec, shown, estimate, now, .. } = self;
        AnnexOffer { spec, place: shown, estimate: *estimate, now: *now }
    }
}

/// Returns the recorded id, or a provisional one for an annex that does not exist yet.
fn asked_about(spec: &AnnexSpec, recorded: Option<&AnnexId>) -> AnnexId {
    recorded.cloned().unwrap_or_else(|| AnnexId { name: spec.name.clone(), nonce: NONCE.to_owned() })
}

async fn ask(
    session: &AnnexSession<'_>,
    config: &CloudConfig,
    (id, spec): (&AnnexId, &AnnexSpec),
    offered: &mut Preflight,
) -> Result<Vec<Diagnostic>, CommandError> {
    offered.place = session.clouds.pinned(config).await?;
    offered.shown = session.clouds.place(&offered.place).await?;
    let cloud = session.clouds.annexes(&offered.place)?;
    let found = cloud.check(id, spec).await?;
    // Prices of missing resources cannot be asked.
    if found.is_empty() {
        offered.estimate = estimate(&*cloud, &offered.spec, offered.now).await?;
    }
    Ok(found.into_iter().map(cloud_diagnostic).collect())
}

/// Estimates the cost of an annex from `now` on.
pub(super) async fn estimate(cloud: &dyn AnnexCloud, spec: &AnnexSpec, now: Timestamp) -> Result<Estimate, CloudError> {
    Ok(Estimate::of(spec, &cloud.prices(spec).await?, now))
}

/// Estimates the cost of an annex from `now` on that is changed to `spec`: its instances that run cost what they were
/// started with.
pub(super) async fn estimate_change(
    session: &AnnexSession<'_>,
    (cloud, id): (&dyn AnnexCloud, &AnnexId),
    spec: &AnnexSpec,
    now: Timestamp,
) -> Result<Estimate, CommandError> {
    let past = session.past_specs(id)?;
    // The prices of each are asked for once; those of `spec` come first.
    let mut priced: Vec<(&AnnexSpec, Vec<PoolPrice>)> = vec![(spec, cloud.prices(spec).await?)];
    let mut running = Vec::new();
    for instance in cloud.instances(id).await? {
        let Some(then) = past.at(instance.launched_at).filter(|_| !instance.state.is_gone()) else { continue };
        let known = match priced.iter().position(|(known, _)| known.pools == then.pools && known.market == then.market)
        {
            Some(known) => known,
            None => {
                priced.push((then, cloud.prices(then).await?));
                priced.len() - 1
            }
        };
        let price = priced[known].1.get(instance.pool).copied().unwrap_or_default();
        let spot = match then.market_of(instance.pool) {
            Market::Spot => true,
            Market::OnDemand => false,
            Market::Mixed | Market::Fallback | Market::Shared(_) => instance.spot,
        };
        running.push(Running { spec: then, pool: instance.pool, spot, price });
    }
    Ok(Estimate::with_running(spec, &priced[0].1, &running, now))
}

/// Converts an objection; an exceeded quota is a refusal by policy.
pub(super) fn cloud_diagnostic(error: CloudError) -> Diagnostic {
    match error.kind {
        CloudErrorKind::Quota => Diagnostic { cause: Cause::Policy, ..error.into() },
        _ => error.into(),
    }
}

/// Returns the diagnostic for an annex whose cost exceeds the budget or is unknown.
pub(super) fn budget_diagnostic(
    spec: &AnnexSpec,
    estimate: Estimate,
    budget: Option<Dollars>,
    now: Timestamp,
) -> Option<Diagnostic> {
    let budget = budget?;
    match estimate.at_most {
        // At least that much: disks of an unknown price cost more, not less.
        Some(cost) if cost.in_all > budget => Some(
            Diagnostic::refused(format!("--budget: {}", over_budget(spec, cost, budget, now)))
                .hint("a smaller --count, a shorter lease, a lower price, or a higher --budget"),
        ),
        Some(_) => None,
        None => Some(
            Diagnostic::refused(format!("--budget: what the annex costs is not known: {}", unknown_price(spec))).hint(
                "price=… in --pool, or --max-price, for the highest price of an instance an hour; list-price=… in \
                     --pool for what one on demand costs",
            ),
        ),
    }
}

/// Returns the diagnostic for an inaccessible cloud, with a hint how to try the annex without it.
fn unreachable(config: &CloudConfig, error: CommandError) -> Diagnostic {
    let diagnostic =
        Diagnostic { hints: error.hints, ..Diagnostic::error(format!("cloud {}: {}", config.provider, error.message)) };
    let try_here = "--cloud local tries the annex on this machine";
    if config.is_local() || diagnostic.hints.iter().any(|hint| hint.contains("hoist annex")) {
        return diagnostic;
    }
    diagnostic.hint(try_here)
}
