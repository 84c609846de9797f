//! `hoist orphans`

mod conclusion;
mod next_commands;

use clap::Args;

use super::context::Context;
use super::runtime::block_on;
use crate::app::orphans::{AuditReport, AuditRequest, Claim, audit, remove};
use crate::app::{CommandError, CommandResult, Interaction as _};
use crate::report::{Audit, OrphansDocument, orphans_human};
use conclusion::{Given, conclude};
use next_commands::{not_ended, offers};

/// Find machines that carry hoist's tags and that no run looks after, what they left behind, annexes that no record is
/// of, and recorded machines that are gone
///
/// Asks this machine, every cloud that a recorded run or annex launches on, and the one that the options or credentials
/// in the environment name, in every region that the account may use unless --region names one; a region alone names
/// no cloud that must answer. A machine past its lease is an orphan whoever
/// launched it. What another state file may look after is shown apart, and left alone where that file stands on this
/// machine and holds the run.
///
/// Exit code 0 when there is nothing, 2 when there is something, 3 when not everything could be removed or asked.
#[derive(Args, Debug)]
pub(super) struct Orphans {
    /// Terminate the orphans, delete the annexes, and remove what they left. Those of other users, whom another state
    /// file may know, stay unless their lease is over
    #[arg(long)]
    terminate: bool,

    /// Terminate those of other users too
    #[arg(long, requires = "terminate")]
    all_owners: bool,

    /// Terminate those of this user, too, that another state file may look after: its runs and annexes are not recorded
    /// here
    #[arg(long, requires = "terminate")]
    other_states: bool,

    /// Look in every region that the account may use, which is done unless --region names one
    #[arg(long)]
    all_regions: bool,
}

impl Orphans {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let request = AuditRequest { all_regions: self.all_regions, other_states: self.other_states };
        let mut report = audit(context.operation(), request).await?;
        self.show(context, &report)?;
        if let Some(damage) = report.damage {
            show_document(context, &report.audit, &report.claims.me)?;
            return Err(not_ended(context, damage, self.all_regions));
        }
        let kept = match self.terminate {
            true => remove(context.operation(), &mut report, &self.taken()).await?,
            false => None,
        };
        show_document(context, &report.audit, &report.claims.me)?;
        let given = Given { all_regions: self.all_regions, flags: &self.given() };
        conclude(context, given, &report.audit, kept)
    }

    /// Shows the findings, with the commands that remove them, and the places that could not be asked.
    fn show(&self, context: &Context, report: &AuditReport) -> Result<(), CommandError> {
        let AuditReport { audit, claims, damage, .. } = report;
        if !context.wants_json() {
            context.print_with_advice(&orphans_human(audit, &claims.me, claims.now, context.style))?;
        }
        // With a damaged state file, no removal is suggested.
        if !self.terminate && damage.is_none() {
            context.tell(&offers(context, report, self.all_regions));
        }
        for failed in &audit.failed {
            context.say(&format!("{} {}", context.message_style.bad("could not ask"), failed.what));
            let hint = failed.hint.iter();
            hint.for_each(|hint| context.say(&format!("  {} {hint}", context.message_style.dim("try:"))));
        }
        Ok(())
    }

    /// Returns the claims whose resources the flags remove.
    fn taken(&self) -> Vec<Claim> {
        let wanted = |claim: &Claim| match claim {
            Claim::Nobody => self.terminate,
            Claim::OtherState => self.other_states,
            Claim::OtherOwner => self.all_owners,
        };
        Claim::ALL.into_iter().filter(wanted).collect()
    }

    /// Returns the given flags, except those about places.
    fn given(&self) -> Vec<&'static str> {
        let flags =
            [(self.terminate, "--terminate"), (self.all_owners, "--all-owners"), (self.other_states, "--other-states")];
        flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag).collect()
    }
}

/// Writes the findings and removals as a document, if wanted.
fn show_document(context: &Context, audit: &Audit, me: &str) -> Result<(), CommandError> {
    if context.wants_json() { context.print_json(&OrphansDocument::new(audit, me)) } else { Ok(()) }
}
