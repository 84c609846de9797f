//! `hoist annex create`

use clap::Args;
use serde_json::Value;

use super::annex_arg::AnnexArgument;
use super::create_or_resume::{CreateOutcome, raise};
use super::options::{SpecOptions, WaitOptions};
use super::preflight::Preflight;
use super::session::AnnexSession;
use super::summary::way_on;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, Exit};
use crate::cli::runtime::block_on;
use crate::report::{AnnexChangeDocument, AnnexOffer, AnnexOfferDocument};

/// Make an annex: a leased group of machines that extends an HTCondor pool, or none, and ends by itself
///
/// Everything that is named is looked up first, and every problem is told at once. What is about to be made is shown,
/// with what it costs, and made when that is agreed to. The lease holds without hoist: when it is over, the cloud ends
/// every instance.
///
/// The same command goes on with what an earlier one began, and changes nothing where all is as it says.
///
/// Exit code 5: the budget, a quota or a policy does not allow it.
#[derive(Args, Debug)]
pub(in crate::cli) struct Create {
    #[command(flatten)]
    annex: AnnexArgument,

    #[command(flatten)]
    options: SpecOptions,

    /// How far to wait
    #[arg(long, value_enum, default_value_t = WaitOptions::Capacity, value_name = "FOR")]
    wait: WaitOptions,

    /// Show what would be asked of the cloud, and what it costs; nothing is made and nothing is recorded
    #[arg(long)]
    dry_run: bool,
}

impl Create {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let name = self.annex.name()?;
        let desk = AnnexSession::new(context)?;
        match raise(&desk, &name, &self.options, self.wait, self.dry_run).await? {
            CreateOutcome::Declined => Ok(Exit::Failed),
            CreateOutcome::Shown(offered, preview) => show(context, &offered, &preview),
            CreateOutcome::There { record, outcome, instances } => {
                if context.wants_json() {
                    context.print_json(&AnnexChangeDocument::new(&record, outcome, instances.as_deref()))?;
                } else {
                    context.print_with_advice(&way_on(&record, outcome, instances.as_deref(), context.style))?;
                }
                Ok(Exit::Done)
            }
        }
    }
}

/// What would be asked for: the table for people on standard error, the request on standard output.
fn show(context: &Context, offered: &Preflight, preview: &Value) -> CommandResult {
    let offer = AnnexOffer { spec: &offered.spec, place: &offered.shown, estimate: offered.estimate, now: offered.now };
    if context.wants_json() {
        context.print_json(&AnnexOfferDocument::new(&offer, preview))?;
        return Ok(Exit::Done);
    }
    context.tell(&offer.human(context.message_style));
    context.print(&format!("{preview:#}"))?;
    context.tell("nothing was made and nothing is recorded");
    Ok(Exit::Done)
}
