//! `hoist annex delete`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::annex_arg::parse_name;
use super::drain_options::DrainOptions;
use crate::annex::AnnexId;
use crate::app::annex::{DeleteOutcome, DeleteRequest, Deletion, DeletionObserver, delete};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::completions::annex_names;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{AnnexDeletionView, AnnexDeletionsDocument};

/// End annexes with all that belongs to them, and prove that nothing is left
///
/// Jobs that run there begin anew elsewhere, unless --drain lets them end first. Safe to repeat at any time.
///
/// Exit code 3 when something could not be deleted; it is named.
#[derive(Args, Debug)]
pub(in crate::cli) struct Delete {
    /// The names of the annexes
    #[arg(value_name = "NAME", required = true, add = ArgValueCompleter::new(annex_names))]
    names: Vec<String>,

    /// Let the jobs that run there end first
    #[arg(long)]
    drain: bool,

    #[command(flatten)]
    options: DrainOptions,

    /// Do not wait for a change that is under way, nor for anything that drains
    #[arg(long, conflicts_with = "drain")]
    force: bool,
}

impl Delete {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let names = self.names.iter().map(|name| parse_name(name)).collect::<Result<Vec<_>, _>>()?;
        if self.options.are_given() && !self.drain {
            let message = "--how and --timeout say how jobs end with --drain, and without it they are not waited for";
            return Err(CommandError::with_exit(Exit::Usage, message).hint("add --drain, or leave them out"));
        }
        let policy = self.options.policy(context, "nothing was deleted")?;
        let request = DeleteRequest { names, drain: Some(policy).filter(|_| self.drain), force: self.force };
        let mut view = DeletionView { context, documents: Vec::new() };
        let worst = match block_on(delete(context.operation(), request, &mut view))?? {
            DeleteOutcome::Declined => return Ok(Exit::Failed),
            DeleteOutcome::Done(worst) => worst,
        };
        if context.wants_json() {
            context.print_json(&AnnexDeletionsDocument::new(view.documents))?;
        }
        Ok(worst)
    }
}

/// View of deletions, which shows each annex as it ends or collects its document.
struct DeletionView<'a> {
    context: &'a Context,
    documents: Vec<AnnexDeletionView>,
}

impl DeletionObserver for DeletionView<'_> {
    fn deleted(&mut self, annex: &AnnexId, deletion: Deletion) -> Result<(), CommandError> {
        let Self { context, documents } = self;
        let name = &annex.name;
        if context.wants_json() {
            documents.push(AnnexDeletionView::deleted(annex));
            return Ok(());
        }
        let style = context.style;
        match deletion {
            Deletion::WasGone => context.print(&format!("{name} was gone already\n")),
            Deletion::Deleted => {
                let text = format!("{} is {}: nothing is left of it\n", style.bold(name), style.good("gone"));
                context.print_with_advice(&text)
            }
        }
    }

    fn failed(&mut self, annex: &AnnexId, error: &CommandError) {
        let Self { context, documents } = self;
        context.say(&format!("{} {}", context.message_style.bad("hoist:"), error.message));
        error.hints.iter().for_each(|hint| context.say(&format!("  try: {hint}")));
        documents.push(AnnexDeletionView::failed(annex, error.message.clone()));
    }
}
