//! `hoist annex setup`

use std::sync::{Mutex, PoisonError};

use clap::Args;

use crate::cli::clouds::aws;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::runtime::block_on;
use crate::cli::signals::Signals;
use crate::cloud::Provider as _;
use crate::cloud::aws::AwsProvider;
use crate::cloud::aws::annex::{AnnexSetup, Cidr, SetupDeletion, SetupOutcome, SetupParams, SetupPlan, SetupProgress};
use crate::plan::CloudConfig;
use crate::provider::CloudError;
use crate::report::{SchemaVersion, SetupDocument, SetupRemainView, SetupTermsView, count};

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
        let aws = aws(context)?;
        let set_up = aws.setup(&context.ec2_config())?;
        block_on(async {
            let signals = Signals::listen(|| {})?;
            let mut stop = signals.stop();
            let work = async {
                if self.delete {
                    self.undo(context, &aws, &set_up).await
                } else {
                    self.make(context, &aws, &set_up).await
                }
            };
            tokio::select! {
                result = work => result,
                _ = stop.changed() => {
                    context.say("interrupted; what CloudFormation has begun goes on, and the same command again goes on with it");
                    Ok(signals.exit())
                }
            }
        })?
    }

    async fn make(&self, context: &Context, aws: &AwsProvider, set_up: &AnnexSetup) -> CommandResult {
        let from = if self.from.is_empty() { vec![set_up.caller().await?] } else { self.from.clone() };
        let terms =
            SetupParams { vpc: self.vpc.clone(), cidrs: from.iter().map(Cidr::to_string).collect(), ssh: self.ssh };
        let plan = set_up.plan(&terms).await?;
        let place = place(aws, &context.ec2_config()).await?;
        let shown = shown(&plan, &place);
        if from.iter().any(|network| network.is_everything()) {
            let warning = context.message_style.warn("warning:");
            context.say(&format!("{warning} everybody is let in; HTCondor's daemons then rest on its password alone"));
        }
        if self.dry_run {
            if context.wants_json() {
                context.print_json(&SetupDocument::Preview {
                    schema: SchemaVersion,
                    place: &place,
                    would: if plan.is_so() {
                        "nothing"
                    } else if plan.present.is_some() {
                        "change"
                    } else {
                        "make"
                    },
                    terms: terms_view(&plan.terms),
                    template: &plan.template,
                })?;
            } else {
                context.print(&shown)?;
            }
            return Ok(if plan.is_so() { Exit::Done } else { Exit::Changed });
        }
        if !context.global.yes || context.verbosity > 0 {
            context.tell(&shown);
        }
        let question = if plan.present.is_some() { "Change the set-up to this?" } else { "Make this?" };
        if !plan.is_so() && !context.confirm(question)? {
            context.tell("nothing was made");
            return Ok(Exit::Failed);
        }
        let outcome = set_up.apply(&plan.terms, &teller(context)).await?;
        let word = match outcome {
            SetupOutcome::Made => "made",
            SetupOutcome::Changed => "changed",
            SetupOutcome::Unchanged => "unchanged",
        };
        if context.wants_json() {
            let made = set_up.outputs().await?;
            context.print_json(&SetupDocument::Made {
                schema: SchemaVersion,
                place: &place,
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

    async fn undo(&self, context: &Context, aws: &AwsProvider, set_up: &AnnexSetup) -> CommandResult {
        let place = place(aws, &context.ec2_config()).await?;
        let exists = set_up.exists().await?;
        if self.dry_run {
            let would = if exists { "delete" } else { "nothing" };
            if context.wants_json() {
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
        let question = format!("Delete the set-up for annexes in {place}, with all files in its bucket?");
        if exists && !context.confirm(&question)? {
            context.tell("nothing was deleted");
            return Ok(Exit::Failed);
        }
        let (outcome, remains, hint) = match set_up.delete(&teller(context)).await? {
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
}

/// Tells what goes on; the same state is told once.
fn teller(context: &Context) -> impl Fn(&SetupProgress) + Send + Sync + '_ {
    let last = Mutex::new(String::new());
    move |progress| {
        let line = match progress {
            SetupProgress::Begun(what) => format!("CloudFormation begins to {what} the stack"),
            SetupProgress::RemovingEarlier => "removing what is left of an earlier try".to_owned(),
            SetupProgress::Emptying(objects) => format!("removing {} from the bucket", count(*objects, "file")),
            SetupProgress::DeletingAgain => "trying once more what could not be deleted".to_owned(),
            SetupProgress::State(state) => format!("the stack is {}", state.to_lowercase().replace('_', " ")),
        };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != line {
            context.tell(&line);
            *last = line;
        }
    }
}

/// `ec2 us-east-1, account 123456789012`
async fn place(aws: &AwsProvider, config: &CloudConfig) -> Result<String, CloudError> {
    let label = aws.label(config).await?;
    let account = aws.session(config).identity().await?.account;
    Ok(label + &account.map(|account| format!(", account {account}")).unwrap_or_default())
}

fn terms_view(terms: &SetupParams) -> SetupTermsView<'_> {
    SetupTermsView { vpc: terms.vpc.as_deref(), from: &terms.cidrs, ssh: terms.ssh }
}

/// What is to be made, or what changes.
fn shown(plan: &SetupPlan, place: &str) -> String {
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
