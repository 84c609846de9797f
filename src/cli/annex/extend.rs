//! `hoist annex extend`

use clap::Args;
use jiff::Timestamp;

use super::annex_arg::AnnexArgument;
use super::drain::gone;
use super::failure::failed;
use super::lease::{LeaseOptions, now, shown};
use super::preflight::{estimate, over_budget_trouble};
use super::session::{AnnexSession, run_until_signal};
use super::spec_builder::{dollars, longest_lease};
use crate::annex::{AnnexPhase, WaitFor};
use crate::cli::context::Context;
use crate::cli::diagnostics::{Diagnostic, refuse};
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::runtime::block_on;
use crate::report::AnnexChangeDocument;
use crate::report::time::{age, lease};

/// What is not done when something is wrong.
const NOTHING: &str = "the lease is as it was";

/// Keep an annex for longer: its lease ends so long from now, or at the time that is named
///
/// The lease that held before holds until the new one does. None of the files that the annex was made of is needed.
#[derive(Args, Debug)]
pub(in crate::cli) struct Extend {
    #[command(flatten)]
    annex: AnnexArgument,

    #[command(flatten)]
    lease: LeaseOptions,

    /// Let it end earlier than it would
    #[arg(long)]
    shorten: bool,

    /// The most that the annex may cost from now on, in dollars
    #[arg(long, value_name = "DOLLARS")]
    budget: Option<String>,
}

impl Extend {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let name = self.annex.name()?;
        let now = now();
        let mut diagnostics = Vec::new();
        if !self.lease.is_given() {
            let diagnostic = Diagnostic::usage("no lease is named");
            diagnostics.push(diagnostic.hint("--lease 6h, from now; or --expiry \"2026-12-01 17:00\""));
        }
        let end =
            self.lease.end(now, longest_lease()).map_err(|diagnostic| diagnostics.push(diagnostic)).unwrap_or(now);
        let budget = self.budget.as_deref().map(|text| dollars("--budget", text)).transpose();
        let budget = budget.map_err(|diagnostic| diagnostics.push(diagnostic)).ok().flatten();
        refuse(context, &diagnostics, NOTHING)?;
        let desk = AnnexSession::new(context)?;
        let mut held = desk.hold(&desk.require_active(&name)?)?;
        let Some(seen) = held.refresh().await? else { return Err(gone(&held)) };
        let Some(mut spec) = held.record.spec.clone() else { return Err(gone(&held)) };
        spec.count = held.size(&seen, &spec).await?;
        let before = spec.expires_at;
        if end < before && !self.shorten {
            let message = format!("{} is earlier than its lease ends, at {}; {NOTHING}", shown(end), shown(before));
            return Err(CommandError::with_exit(Exit::Usage, message).hint("--shorten lets it end earlier"));
        }
        spec.expires_at = end;
        // An earlier command that was cut off meant the same, and may not have reached the cloud.
        let is_so = held.record.stage == AnnexPhase::Settled
            && seen.expires_at.is_none_or(|is| is.as_second() == end.as_second());
        if end != before || !is_so {
            let estimate = match budget {
                Some(_) => estimate(&*held.cloud, &spec, now).await?,
                None => crate::annex::Estimate::default(),
            };
            let late = over_budget_trouble(&spec, estimate, budget, now);
            refuse(context, &late.into_iter().collect::<Vec<_>>(), NOTHING)?;
            let question = format!("Move the end of annex {name}'s lease from {} to {}?", shown(before), shown(end));
            if end != before && !context.confirm(&question)? {
                context.tell(NOTHING);
                return Ok(Exit::Failed);
            }
            let mut record = held.record.clone();
            let applied = {
                let tools = held.tools();
                let work = tools.work();
                let (record, spec) = (&mut record, &spec);
                let hints =
                    [format!("hoist annex status {name} tells when it ends"), "the same command again".to_owned()];
                let what = format!("until annex {name} has the new lease, the old one holds");
                run_until_signal(context, &hints, &what, async move {
                    work.apply(record, spec, WaitFor::Settled).await.map_err(|error| failed(&spec.name, error))
                })
                .await
            };
            held.record = record;
            applied?;
            let id = &held.record.id;
            let seen = held.cloud.look(id, held.record.cloud_id.as_deref()).await?;
            let is = seen.and_then(|seen| seen.expires_at).filter(|is| is.as_second() != end.as_second());
            if let Some(is) = is {
                // A lease that is believed in and does not hold costs jobs.
                let message =
                    format!("the cloud still ends the lease of annex {name} at {}, not at {}", shown(is), shown(end));
                return Err(CommandError::new(message).hint("the same command again"));
            }
        }
        let outcome = if end == before && is_so { "unchanged" } else { "extended" };
        if context.wants_json() {
            context.print_json(&AnnexChangeDocument::new(&held.record, outcome, None))?;
        } else {
            let left = lease(age(Timestamp::now(), end));
            context.print(&format!(
                "the lease of {} ends at {}, in {left}\n",
                context.style.bold(&name),
                shown(end)
            ))?;
        }
        Ok(Exit::Done)
    }
}
