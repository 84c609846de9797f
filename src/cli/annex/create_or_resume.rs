//! Making an annex, or going on with one that an earlier command began.

use crate::app::Interaction as _;
use serde_json::Value;

use super::existing::{ExistingAnnex, standing};
use super::failure::failed;
use super::lease::now;
use super::options::{CloudArg, SpecOptions, WaitOptions};
use super::preflight::{Preflight, check, over_budget_trouble, preview};
use super::session::{AnnexSession, LockedAnnex, run_until_signal};
use super::spec_builder::SpecBuilder;
use super::wait_pool::wait_for_pool;
use crate::annex::{Annex, AnnexInstance, AnnexName, AnnexSpec, PoolSoftware, WaitFor};
use crate::app::CommandError;
use crate::app::refuse;
use crate::diagnostics::Diagnostic;
use crate::plan::CloudConfig;
use crate::report::AnnexOffer;

/// What is not done when something is wrong.
const NOTHING: &str = "nothing was made";

/// What came of it.
pub(super) enum CreateOutcome {
    /// The annex is there.
    There {
        /// What is recorded of it.
        record: Box<Annex>,
        /// How it came to be, in a word: created, went-on, unchanged.
        outcome: &'static str,
        /// Its instances, where they were waited for.
        instances: Option<Vec<AnnexInstance>>,
    },
    /// It was only shown, with what the cloud would be asked for.
    Shown(Box<Preflight>, Value),
    /// Nobody wanted it after all.
    Declined,
}

/// Makes the annex of this name as the options say.
pub(super) async fn raise(
    desk: &AnnexSession<'_>,
    name: &AnnexName,
    options: &SpecOptions,
    wait: WaitOptions,
    dry_run: bool,
) -> Result<CreateOutcome, CommandError> {
    let context = desk.context;
    if options.cloud == CloudArg::Ec2 {
        // Before anything else that is to be said of it, or recorded.
        desk.clouds.provider(&context.workspace.clouds.ec2_config())?;
    }
    let mut draft = SpecBuilder::of(name, options, now());
    // Whoever only asks what would be leaves no state file behind.
    draft.spec.state = if dry_run { None } else { Some(context.workspace.state()?.id()?) };
    if wait == WaitOptions::Pool && draft.spec.software == PoolSoftware::None {
        draft
            .diagnostics
            .push(Diagnostic::usage("--wait pool: with --pool-software none there is no pool to wait for"));
    }
    draft.resolve(options).await;
    draft
        .warnings
        .iter()
        .for_each(|warning| context.say(&format!("{} {warning}", context.message_style.warn("note:"))));
    let config = match options.cloud {
        CloudArg::Local => CloudConfig::local(),
        CloudArg::Ec2 => context.workspace.clouds.ec2_config(),
    };
    let mut cleared = None;
    let living = desk.living(name)?;
    let known = living.as_ref().map(|record| record.id.clone());
    if let Some(record) = living.filter(|_| !dry_run) {
        refuse(context, &draft.diagnostics, NOTHING)?;
        let mut held = desk.hold(&record)?;
        match standing(&mut held, &draft.spec, options, &config).await? {
            ExistingAnnex::Same { left } => {
                let made = draft.spec.count;
                if left < made {
                    let warn = context.message_style.warn("note:");
                    context.say(&format!(
                        "{warn} {} of its {made} instances have ended, for want of jobs or otherwise; `hoist annex update {name} \
                         --count {made}` brings as many again",
                        made - left
                    ));
                }
                return Ok(there(held, "unchanged", None));
            }
            ExistingAnnex::GoOn(spec) => {
                context.tell(&format!("going on with annex {}", context.message_style.bold(name)));
                return build(desk, held, &spec, wait, "went-on").await;
            }
            ExistingAnnex::Over => cleared = Some(held),
        }
    }
    let offered = check(desk, &config, draft, known.as_ref(), NOTHING).await?;
    if dry_run {
        let preview = preview(desk, &offered, known.as_ref()).await?;
        return Ok(CreateOutcome::Shown(Box::new(offered), preview));
    }
    let Preflight { mut spec, place, shown, estimate, budget, now: begin } = offered;
    let offer = AnnexOffer { spec: &spec, place: &shown, estimate, now: begin };
    context.tell(&offer.human(context.message_style));
    if !context.confirm(&format!("Make annex {name}?"))? {
        context.tell(NOTHING);
        return Ok(CreateOutcome::Declined);
    }
    if let Some(mut held) = cleared {
        context.tell(&format!("the lease of an earlier annex {name} is over; clearing what is left of it"));
        clear(desk, &mut held).await?;
    }
    // Whoever was asked took their time.
    let begin = now();
    if let Ok(end) = options.lease.end(begin, super::spec_builder::longest_lease()) {
        spec.expires_at = end;
    }
    let late = over_budget_trouble(&spec, estimate, budget, begin);
    refuse(context, &late.into_iter().collect::<Vec<_>>(), NOTHING)?;
    let held = desk.begin(name, &place)?;
    build(desk, held, &spec, wait, "created").await
}

/// Has the cloud make it, and waits as far as is wanted.
pub(super) async fn build(
    desk: &AnnexSession<'_>,
    mut held: LockedAnnex,
    spec: &AnnexSpec,
    wait: WaitOptions,
    outcome: &'static str,
) -> Result<CreateOutcome, CommandError> {
    let name = spec.name.clone();
    let until = if wait == WaitOptions::None { WaitFor::Accepted } else { WaitFor::Settled };
    let hints = [
        format!("hoist annex status {name} looks"),
        "the same command again goes on, hoist annex delete ends it".to_owned(),
    ];
    let what = format!("annex {name} is recorded, and what the cloud has begun goes on by itself");
    let mut record = held.record.clone();
    let built = {
        let tools = held.tools();
        let (work, pace) = (tools.work(), tools.pace());
        let record = &mut record;
        let held = &held;
        run_until_signal(desk.context, &hints, &what, async move {
            let wrong = |error| failed(&spec.name, error);
            work.apply(record, spec, until).await.map_err(wrong)?;
            if wait == WaitOptions::None {
                return Ok(None);
            }
            let instances = work.wait_for_capacity(record).await.map_err(wrong)?;
            if wait == WaitOptions::Pool {
                wait_for_pool(held, record, pace).await?;
            }
            Ok(Some(instances))
        })
        .await
    };
    held.record = record;
    built.map(|instances| there(held, outcome, instances))
}

fn there(held: LockedAnnex, outcome: &'static str, instances: Option<Vec<AnnexInstance>>) -> CreateOutcome {
    CreateOutcome::There { record: Box::new(held.record), outcome, instances }
}

/// Removes what is left of an annex whose lease is over.
async fn clear(desk: &AnnexSession<'_>, held: &mut LockedAnnex) -> Result<(), CommandError> {
    let name = held.record.id.name.clone();
    let mut record = held.record.clone();
    let hints = [format!("hoist annex delete {name}")];
    let cleared = {
        let tools = held.tools();
        let work = tools.work();
        let record = &mut record;
        run_until_signal(desk.context, &hints, "clearing goes on with the same command", async move {
            work.delete(record, true).await.map_err(|error| failed(&name, error))
        })
        .await
    };
    held.record = record;
    cleared
}
