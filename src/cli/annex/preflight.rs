//! What is asked before an annex is made: whether the cloud has what it names, and what it costs.

use jiff::Timestamp;
use serde_json::Value;

use super::session::AnnexSession;
use super::spec_builder::SpecBuilder;
use crate::annex::{AnnexCloud, AnnexId, AnnexSpec, Dollars, Estimate};
use crate::cli::diagnostics::{Diagnostic, refuse};
use crate::cli::exit::CommandError;
use crate::plan::CloudConfig;
use crate::provider::{CloudError, CloudErrorKind};
use crate::report::over_budget;

/// The nonce of an annex that is only asked about: chance makes another one when it is made.
const NONCE: &str = "000000000000";

/// An annex that could be made.
pub(super) struct Preflight {
    pub(super) spec: AnnexSpec,
    /// Where, with region and account.
    pub(super) place: CloudConfig,
    /// The same for people.
    pub(super) shown: String,
    pub(super) estimate: Estimate,
    pub(super) budget: Option<Dollars>,
    /// When it would begin.
    pub(super) now: Timestamp,
}

/// Asks the cloud what it has against the annex, and what it costs; refuses with all that is wrong. `recorded`: an
/// annex of this name that there is.
pub(super) async fn check(
    desk: &AnnexSession<'_>,
    config: &CloudConfig,
    draft: SpecBuilder,
    recorded: Option<&AnnexId>,
    nothing: &str,
) -> Result<Preflight, CommandError> {
    let id = &asked_about(&draft.spec, recorded);
    let askable = draft.for_cloud();
    let SpecBuilder { spec, budget, mut diagnostics, now, .. } = draft;
    let mut offered = Preflight {
        place: config.clone(),
        shown: config.provider.clone(),
        estimate: Estimate::default(),
        budget,
        now,
        spec,
    };
    if let Some(askable) = askable {
        match ask(desk, config, (id, &askable), &mut offered).await {
            Ok(found) => diagnostics.extend(found),
            Err(error) => diagnostics.push(kept_out(config, error)),
        }
    }
    let late = over_budget_trouble(&offered.spec, offered.estimate, budget, now);
    // Nobody can say what something costs that cannot be.
    diagnostics.extend(late.filter(|_| diagnostics.is_empty()));
    refuse(desk.context, &diagnostics, nothing)?;
    Ok(offered)
}

/// What the cloud would be asked for.
pub(super) async fn preview(
    desk: &AnnexSession<'_>,
    offered: &Preflight,
    recorded: Option<&AnnexId>,
) -> Result<Value, CommandError> {
    let cloud = desk.clouds.annexes(&offered.place)?;
    Ok(cloud.preview(&asked_about(&offered.spec, recorded), &offered.spec).await?)
}

/// The annex that is recorded, or one that there is not yet.
fn asked_about(spec: &AnnexSpec, recorded: Option<&AnnexId>) -> AnnexId {
    recorded.cloned().unwrap_or_else(|| AnnexId { name: spec.name.clone(), nonce: NONCE.to_owned() })
}

async fn ask(
    desk: &AnnexSession<'_>,
    config: &CloudConfig,
    (id, spec): (&AnnexId, &AnnexSpec),
    offered: &mut Preflight,
) -> Result<Vec<Diagnostic>, CommandError> {
    offered.place = desk.clouds.pinned(config).await?;
    offered.shown = desk.clouds.place(&offered.place).await?;
    let cloud = desk.clouds.annexes(&offered.place)?;
    let found = cloud.check(id, spec).await?;
    // Prices of what there is not cannot be asked.
    if found.is_empty() {
        offered.estimate = estimate(&*cloud, &offered.spec, offered.now).await?;
    }
    Ok(found.into_iter().map(diagnostic).collect())
}

/// What an annex costs from `now` on.
pub(super) async fn estimate(cloud: &dyn AnnexCloud, spec: &AnnexSpec, now: Timestamp) -> Result<Estimate, CloudError> {
    Ok(Estimate::of(spec, &cloud.prices(spec).await?, now))
}

/// What a cloud has against it.
pub(super) fn diagnostic(error: CloudError) -> Diagnostic {
    match error.kind {
        CloudErrorKind::Quota => Diagnostic { cause: crate::diagnostics::Cause::Policy, ..error.into() },
        _ => error.into(),
    }
}

/// What keeps an annex out of the budget: that it costs more, or that nobody knows.
pub(super) fn over_budget_trouble(
    spec: &AnnexSpec,
    estimate: Estimate,
    budget: Option<Dollars>,
    now: Timestamp,
) -> Option<Diagnostic> {
    let budget = budget?;
    match estimate.at_most {
        Some(cost) if cost.in_all > budget => Some(
            Diagnostic::refused(format!("--budget: {}", over_budget(spec, cost, budget, now)))
                .hint("a smaller --count, a shorter lease, a lower price, or a higher --budget"),
        ),
        Some(_) => None,
        None => Some(
            Diagnostic::refused(
                "--budget: what the annex costs is not known: the cloud tells no price of its instances",
            )
            .hint("price=… in --pool, or --max-price, for the highest price of an instance an hour"),
        ),
    }
}

/// A cloud that does not let us in, and how to try the annex without it.
fn kept_out(config: &CloudConfig, error: CommandError) -> Diagnostic {
    let diagnostic =
        Diagnostic { hints: error.hints, ..Diagnostic::error(format!("cloud {}: {}", config.provider, error.message)) };
    let try_here = "--cloud local tries the annex on this machine";
    if config.is_local() || diagnostic.hints.iter().any(|hint| hint.contains("hoist annex")) {
        return diagnostic;
    }
    diagnostic.hint(try_here)
}
