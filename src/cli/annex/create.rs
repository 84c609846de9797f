//! `hoist annex create`

use clap::Args;
use serde_json::Value;

use super::annex_arg::AnnexArgument;
use super::draft::draft;
use super::options::{SpecOptions, WaitOptions};
use super::show_change::show_change;
use crate::app::annex::{CreateOutcome, CreateRequest, create, now};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{AnnexOffer, AnnexOfferDocument};

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
        let draft = draft(context, &self.annex.name()?, &self.options, now());
        let request = CreateRequest { draft, wait: self.wait.into(), dry_run: self.dry_run };
        match block_on(create(context.operation(), request))?? {
            CreateOutcome::Declined => return Ok(Exit::Failed),
            CreateOutcome::Shown(offered, preview) => show(context, &offered.offer(), &preview)?,
            CreateOutcome::There(annex) => show_change(context, &annex)?,
        }
        Ok(Exit::Done)
    }
}

/// Shows a dry run: the table for people on standard error, the request on standard output.
fn show(context: &Context, offer: &AnnexOffer<'_>, preview: &Value) -> Result<(), CommandError> {
    if context.wants_json() {
        return context.print_json(&AnnexOfferDocument::new(offer, preview));
    }
    context.offer(offer);
    context.print(&format!("{preview:#}"))?;
    context.tell("nothing was made and nothing is recorded");
    Ok(())
}
