//! `hoist annex extend`

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::annex_arg::AnnexArgument;
use super::files;
use super::lease::LeaseOptions;
use super::option_reader::budget;
use crate::app::annex::{ExtendOutcome, ExtendRequest, extend, longest_lease, now};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _, refuse};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::diagnostics::Diagnostic;
use crate::report::AnnexChangeDocument;
use crate::report::time::{age, lease, local};

/// Keep an annex for longer: its lease ends so long from now, or at the time that is named
///
/// The lease that held before holds until the new one does. None of the files that the annex was made of is needed.
/// Where the token with which its instances are in the pool would end before, they get a new one; where the pool's
/// administrator has to approve that, the command with which they do is told, and the lease stays as it was.
#[derive(Args, Debug)]
pub(in crate::cli) struct Extend {
    #[command(flatten)]
    annex: AnnexArgument,

    #[command(flatten)]
    lease: LeaseOptions,

    /// Let it end earlier than it would
    #[arg(long)]
    shorten: bool,

    /// A file with a new token for the instances, which is to last as long [default: where the present one ends
    /// earlier, hoist makes one with the pool's key, or asks the pool's administrator for one]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    token_file: Option<PathBuf>,

    /// The most that the annex may cost from now on, in dollars
    #[arg(long, value_name = "DOLLARS", allow_negative_numbers = true)]
    budget: Option<String>,
}

impl Extend {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let request = self.request(context)?;
        let end = request.end;
        let ExtendOutcome::Extended(extended) = block_on(extend(context.operation(), request))?? else {
            return Ok(Exit::Failed);
        };
        if context.wants_json() {
            context.print_json(&AnnexChangeDocument::new(&extended.record, extended.change.as_str(), None))?;
        } else {
            let name = context.style.bold(&extended.record.id.name);
            let left = lease(age(Timestamp::now(), end));
            context.print(&format!("the lease of {name} ends at {}, in {left}\n", local(end)))?;
        }
        Ok(Exit::Done)
    }

    /// Converts the options to a request, or returns all errors in them.
    fn request(&self, context: &Context) -> Result<ExtendRequest, CommandError> {
        let name = self.annex.name()?;
        let now = now();
        let mut diagnostics = Vec::new();
        if !self.lease.is_given() {
            let diagnostic = Diagnostic::usage("no lease is named");
            diagnostics.push(diagnostic.hint("--lease 6h, from now; or --expiry \"2026-12-01 17:00\""));
        }
        let end = self.lease.meant().and_then(|lease| lease.end(now, longest_lease()));
        let end = end.map_err(|diagnostic| diagnostics.push(diagnostic)).unwrap_or(now);
        let budget = budget(self.budget.as_deref());
        let budget = budget.map_err(|diagnostic| diagnostics.push(diagnostic)).ok().flatten();
        let token = self.token_file.as_deref().map(files::token).transpose();
        let token = token.map_err(|diagnostic| diagnostics.push(diagnostic)).ok().flatten();
        let (token, warning) = token.unzip();
        warning.flatten().iter().for_each(|warning| context.warn(warning));
        refuse(context, &diagnostics, "the lease is as it was")?;
        Ok(ExtendRequest { name, now, end, shorten: self.shorten, budget, token_source: token })
    }
}
