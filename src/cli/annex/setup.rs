//! `hoist annex setup`

use clap::Args;
use serde_json::{Value, json};

use super::setup_text::setup_text;
use crate::app::annex::{ClearedSetup, SetUpOffer, SetUpOutcome, SetUpRequest, clear_setup, set_up};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::cloud::aws::annex::{Cidr, SetupDeletion, SetupOutcome, SetupParams};
use crate::report::count;

/// Make what annexes need, once in a region: a bucket, roles and a security group, as one stack
///
/// Whoever runs this needs the permissions that `hoist annex policy --for admin` prints; whoever uses annexes then
/// needs only those of `hoist annex policy --for user`. Where there is a set-up, it is changed to what the options say.
#[derive(Args, Debug)]
pub(in crate::cli) struct SetupCommand {
    /// The network of the annexes [default: the set-up's, or the account's default one]
    #[arg(long, value_name = "ID")]
    vpc: Option<String>,

    /// From where the machines may be reached, such as 192.0.2.7/32 or 2001:db8::/32; may be repeated [default: this
    /// machine's address]
    #[arg(long = "from", value_name = "CIDR")]
    from: Vec<Cidr>,

    /// Let in SSH, too, beside HTCondor
    #[arg(long)]
    ssh: bool,

    /// Undo the set-up, with all files that annexes left; refused while an annex lives
    #[arg(long, conflicts_with_all = ["vpc", "from", "ssh"])]
    delete: bool,

    /// Only show what would be done; exit code 2 when there is something to do
    #[arg(long)]
    dry_run: bool,
}

impl SetupCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if self.delete {
            let cleared = block_on(clear_setup(context.operation(), self.dry_run))??;
            return show_cleared(context, cleared);
        }
        let request =
            SetUpRequest { vpc: self.vpc.clone(), from: self.from.clone(), ssh: self.ssh, dry_run: self.dry_run };
        let show = |offer: &SetUpOffer| self.offer(context, offer);
        let outcome = block_on(set_up(context.operation(), request, &show))??;
        show_set_up(context, outcome)
    }

    /// What is told before anything is made.
    fn offer(&self, context: &Context, offer: &SetUpOffer) {
        if offer.is_open {
            let warning = context.message_style.warn("warning:");
            context.say(&format!("{warning} everybody is let in; HTCondor's daemons then rest on its password alone"));
        }
        if !self.dry_run && (!context.yes || context.verbosity > 0) {
            context.tell(&setup_text(&offer.plan, &offer.place));
        }
    }
}

fn show_set_up(context: &Context, outcome: SetUpOutcome) -> CommandResult {
    match outcome {
        SetUpOutcome::Stopped(exit) => Ok(exit),
        SetUpOutcome::Declined => Ok(Exit::Failed),
        SetUpOutcome::Shown(offer) => {
            let SetUpOffer { plan, place, .. } = &*offer;
            if context.wants_json() {
                context.print_json(&json!({
                    "schema": 1,
                    "place": place,
                    "would": if plan.is_so() { "nothing" } else if plan.present.is_some() { "change" } else { "make" },
                    "terms": terms_json(&plan.terms),
                    "template": plan.template,
                }))?;
            } else {
                context.print(&setup_text(plan, place))?;
            }
            Ok(if plan.is_so() { Exit::Done } else { Exit::Changed })
        }
        SetUpOutcome::Applied { offer, outcome, made } => {
            let SetUpOffer { plan, place, .. } = &*offer;
            let word = match outcome {
                SetupOutcome::Made => "made",
                SetupOutcome::Changed => "changed",
                SetupOutcome::Unchanged => "unchanged",
            };
            if context.wants_json() {
                context.print_json(&json!({
                    "schema": 1,
                    "place": place,
                    "outcome": word,
                    "terms": terms_json(&plan.terms),
                    "bucket": made.as_ref().map(|made| &made.bucket),
                    "security_group": made.as_ref().map(|made| &made.security_group),
                }))?;
            } else {
                context.print(&match outcome {
                    SetupOutcome::Unchanged => format!("the set-up for annexes in {place} is like that already"),
                    _ => format!("{word} the set-up for annexes in {place}"),
                })?;
            }
            Ok(Exit::Done)
        }
    }
}

fn show_cleared(context: &Context, cleared: ClearedSetup) -> CommandResult {
    let (place, deletion) = match cleared {
        ClearedSetup::Stopped(exit) => return Ok(exit),
        ClearedSetup::Declined => return Ok(Exit::Failed),
        ClearedSetup::Shown { place, exists } => {
            if context.wants_json() {
                let would = if exists { "delete" } else { "nothing" };
                context.print_json(&json!({"schema": 1, "place": place, "would": would}))?;
            } else if exists {
                context
                    .print(&format!("would delete the set-up for annexes in {place}, with all files in its bucket"))?;
            } else {
                context.print(&format!("there is no set-up for annexes in {place}"))?;
            }
            return Ok(if exists { Exit::Changed } else { Exit::Done });
        }
        ClearedSetup::Cleared { place, deletion } => (place, deletion),
    };
    let (outcome, remains, hint) = match deletion {
        SetupDeletion::Nothing => ("nothing", Vec::new(), ""),
        SetupDeletion::Deleted => ("deleted", Vec::new(), ""),
        SetupDeletion::Remains { things, hint } => ("remains", things, hint),
    };
    if context.wants_json() {
        let named: Vec<_> = remains.iter().map(|(what, why)| json!({"what": what, "reason": why})).collect();
        context.print_json(&json!({"schema": 1, "place": place, "outcome": outcome, "remains": named}))?;
    } else if outcome == "nothing" {
        context.print(&format!("there is no set-up for annexes in {place}"))?;
    } else if remains.is_empty() {
        context.print(&format!("deleted the set-up for annexes in {place}"))?;
    }
    if remains.is_empty() {
        return Ok(Exit::Done);
    }
    let lines: Vec<String> = remains.iter().map(|(what, why)| format!("{what}: {why}")).collect();
    let message =
        format!("{} of the set-up could not be deleted, twice:\n{}", count(lines.len(), "thing"), lines.join("\n"));
    Err(CommandError::with_exit(Exit::Remains, message).hint(hint))
}

fn terms_json(terms: &SetupParams) -> Value {
    json!({"vpc": terms.vpc, "from": terms.cidrs, "ssh": terms.ssh})
}
