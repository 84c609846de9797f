//! Text about the set-up for annexes.

use crate::app::annex::{ClearedSetup, SetUpOffer, SetUpOutcome};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::cloud::aws::annex::{SetupDeletion, SetupOutcome, SetupParams, SetupPlan};
use crate::report::{SchemaVersion, SetupDocument, SetupRemainView, SetupTermsView, count};

/// Shows the result of the set-up, and returns the exit code.
pub(super) fn show_set_up(context: &Context, outcome: SetUpOutcome) -> CommandResult {
    match outcome {
        SetUpOutcome::Stopped(exit) => Ok(exit),
        SetUpOutcome::Declined => Ok(Exit::Failed),
        SetUpOutcome::Shown(offer) => {
            let SetUpOffer { plan, place, .. } = &*offer;
            if context.wants_json() {
                context.print_json(&SetupDocument::Preview {
                    schema: SchemaVersion,
                    place,
                    would: match &plan.present {
                        _ if plan.is_so() => "nothing",
                        Some(_) => "change",
                        None => "make",
                    },
                    terms: terms_view(&plan.terms),
                    template: &plan.template,
                })?;
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
                context.print_json(&SetupDocument::Made {
                    schema: SchemaVersion,
                    place,
                    outcome: word,
                    terms: terms_view(&plan.terms),
                    bucket: made.as_ref().map(|made| made.bucket.as_str()),
                    security_group: made.as_ref().map(|made| made.security_group.as_str()),
                })?;
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

/// Shows the result of deleting the set-up, and returns the exit code.
pub(super) fn show_cleared(context: &Context, cleared: ClearedSetup) -> CommandResult {
    let (place, deletion) = match cleared {
        ClearedSetup::Stopped(exit) => return Ok(exit),
        ClearedSetup::Declined => return Ok(Exit::Failed),
        ClearedSetup::Shown { place, exists } => {
            if context.wants_json() {
                let would = if exists { "delete" } else { "nothing" };
                let place = &place;
                context.print_json(&SetupDocument::DeletionPreview { schema: SchemaVersion, place, would })?;
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
        let remains = remains.iter().map(|(what, reason)| SetupRemainView { what, reason }).collect();
        context.print_json(&SetupDocument::Deleted { schema: SchemaVersion, place: &place, outcome, remains })?;
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

fn terms_view(terms: &SetupParams) -> SetupTermsView<'_> {
    SetupTermsView { vpc: terms.vpc.as_deref(), from: &terms.cidrs, ssh: terms.ssh }
}

/// Describes the resources to be created or changed.
pub(super) fn setup_text(plan: &SetupPlan, place: &str) -> String {
    let SetupPlan { terms, before, present, .. } = plan;
    let verb = match present {
        None => "make",
        Some(_) if plan.is_so() => "leave as it is",
        Some(_) => "change",
    };
    let services = if terms.ssh { "HTCondor (port 9618) and SSH (port 22)" } else { "HTCondor (port 9618)" };
    let vpc = terms.vpc.as_deref().unwrap_or_default();
    let mut lines = vec![
        format!("would {verb} the set-up for annexes in {place}: the stack hoist-setup, of"),
        "  a bucket          private and encrypted, for configuration and passwords on their way to annexes".to_owned(),
        format!("  a security group  in {vpc}, which lets in {services} from {}", terms.cidrs.join(", ")),
        "  two roles         for CloudFormation to make annexes with, and for EventBridge Scheduler to end them with"
            .to_owned(),
        "  a boundary        of what the machines of annexes may do: read their files, and leave".to_owned(),
    ];
    let gone = before.iter().flat_map(|before| &before.cidrs).filter(|cidr| !terms.cidrs.contains(cidr));
    lines.extend(gone.map(|cidr| format!("  {cidr} is not let in any more")));
    if before.as_ref().is_some_and(|before| before.ssh && !terms.ssh) {
        lines.push("  SSH is not let in any more".to_owned());
    }
    lines.join("\n")
}
