//! `hoist annex update`

use clap::Args;

use super::annex_arg::AnnexArgument;
use super::drain_options::DrainOptions;
use super::option_reader::budget;
use super::options::WaitOptions;
use super::pool_options::PoolOptions;
use super::show_change::show_change;
use crate::app::annex::{UpdateOutcome, UpdateRequest, update};
use crate::app::{CommandError, CommandResult, Exit, refuse};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::diagnostics::Diagnostic;

/// Change how many instances an annex has, or what they are
///
/// Where there are to be fewer, hoist drains those without jobs first, and of them the youngest; the cloud never
/// chooses. Without --pool, --max-price is the new highest price of all pools. Instances that are launched from then on
/// have the files that the annex is given as they are now.
#[derive(Args, Debug)]
pub(in crate::cli) struct Update {
    #[command(flatten)]
    annex: AnnexArgument,

    /// How many instances, over all pools
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true)]
    count: Option<u32>,

    #[command(flatten)]
    pools: PoolOptions,

    /// Read configuration, password and user data again: instances that are launched from then on have them as they are
    /// now, those that run keep what they have
    #[arg(long)]
    files: bool,

    /// The most that the annex may cost from now on, in dollars
    #[arg(long, value_name = "DOLLARS", allow_negative_numbers = true)]
    budget: Option<String>,

    #[command(flatten)]
    drain: DrainOptions,

    /// How far to wait
    #[arg(long, value_enum, default_value_t = WaitOptions::Capacity, value_name = "FOR")]
    wait: WaitOptions,
}

impl Update {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let request = self.request(context)?;
        match block_on(update(context.operation(), request))?? {
            UpdateOutcome::Declined => return Ok(Exit::Failed),
            UpdateOutcome::Updated(annex) => show_change(context, &annex)?,
        }
        Ok(Exit::Done)
    }

    /// Converts the options to a request, or returns all errors in them.
    fn request(&self, context: &Context) -> Result<UpdateRequest, CommandError> {
        let name = self.annex.name()?;
        let mut diagnostics = Vec::new();
        let pools = self.pools.pools(&mut diagnostics);
        let pool_options = self.pools.used();
        if self.count.is_none() && pool_options.is_empty() && !self.files {
            let diagnostic = Diagnostic::usage("no change is named");
            diagnostics.push(
                diagnostic.hint("--count N, --pool …, --max-price or --files; hoist annex extend changes the lease"),
            );
        }
        if self.count == Some(0) {
            let diagnostic = Diagnostic::usage("--count: an annex has at least one instance, not 0");
            diagnostics.push(diagnostic.hint(format!("hoist annex delete {name} ends it")));
        }
        let drain = self.drain.meant().map_err(|diagnostic| diagnostics.push(diagnostic)).unwrap_or_default();
        let budget = budget(self.budget.as_deref());
        let budget = budget.map_err(|diagnostic| diagnostics.push(diagnostic)).ok().flatten();
        refuse(context, &diagnostics, "nothing was changed")?;
        Ok(UpdateRequest {
            name,
            count: self.count,
            pools: Some(pools).filter(|_| self.pools.are_given()),
            // An error in it has been reported with the pools.
            max_price: self.pools.max_price().ok().flatten(),
            pool_options,
            files: self.files,
            budget,
            drain,
            wait: self.wait.into(),
        })
    }
}
