//! `hoist annex update`

use clap::Args;

use super::annex_arg::AnnexArgument;
use super::create_or_resume::{CreateOutcome, build};
use super::drain::{cannot, drain, gone, still_draining, without};
use super::drain_members::DrainOptions;
use super::lease::now;
use super::observe::observe;
use super::options::WaitOptions;
use super::pool_options::PoolOptions;
use super::preflight::{diagnostic, estimate, over_budget_trouble};
use super::session::{AnnexSession, LockedAnnex, pool_of};
use super::spec_builder::{dollars, idle_here, unbounded};
use super::summary::way_on;
use crate::annex::{AnnexSpec, DrainChoice, FileDigests, pick_to_drain, share, split};
use crate::cli::context::Context;
use crate::cli::diagnostics::{Diagnostic, refuse};
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::runtime::block_on;
use crate::provider::InstanceState;
use crate::report::{AnnexChangeDocument, AnnexOffer};

/// What is not done when something is wrong.
const NOTHING: &str = "nothing was changed";

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
    #[arg(short = 'n', long, value_name = "N")]
    count: Option<u32>,

    #[command(flatten)]
    pools: PoolOptions,

    /// Read configuration, password and user data again: instances that are launched from then on have them as they are
    /// now, those that run keep what they have
    #[arg(long)]
    files: bool,

    /// The most that the annex may cost from now on, in dollars
    #[arg(long, value_name = "DOLLARS")]
    budget: Option<String>,

    #[command(flatten)]
    drain: DrainOptions,

    /// How far to wait
    #[arg(long, value_enum, default_value_t = WaitOptions::Capacity, value_name = "FOR")]
    wait: WaitOptions,
}

impl Update {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let name = self.annex.name()?;
        let mut diagnostics = Vec::new();
        let pools = self.pools.pools(&mut diagnostics);
        if self.count.is_none() && self.pools.used().is_empty() && !self.files {
            let diagnostic = Diagnostic::usage("no change is named");
            diagnostics.push(
                diagnostic.hint("--count N, --pool …, --max-price or --files; hoist annex extend changes the lease"),
            );
        }
        // What is wrong with it has been told with the pools.
        let max_price = self.pools.max_price().ok().flatten();
        if self.count == Some(0) {
            let diagnostic = Diagnostic::usage("--count: an annex has at least one instance, not 0");
            diagnostics.push(diagnostic.hint(format!("hoist annex delete {name} ends it")));
        }
        let drainage = self.drain.meant().map_err(|diagnostic| diagnostics.push(diagnostic)).ok();
        let budget = self.budget.as_deref().map(|text| dollars("--budget", text)).transpose();
        let budget = budget.map_err(|diagnostic| diagnostics.push(diagnostic)).ok().flatten();
        refuse(context, &diagnostics, NOTHING)?;
        let desk = AnnexSession::new(context)?;
        let mut held = desk.hold(&desk.require_active(&name)?)?;
        let Some(seen) = held.refresh().await? else { return Err(gone(&held)) };
        let Some(before) = held.record.spec.clone() else { return Err(gone(&held)) };
        let mut spec = before.clone();
        spec.count = match self.count {
            Some(count) => count,
            None => held.size(&seen, &before).await?,
        };
        if held.record.place.is_local() {
            let warn = context.message_style.warn("note:");
            idle_here(&self.pools.used()).iter().for_each(|note| context.say(&format!("{warn} {note}")));
        } else if self.pools.are_given() {
            spec.pools = pools;
        } else if max_price.is_some() {
            spec.pools.iter_mut().for_each(|pool| pool.max_price = max_price);
        }
        if let Some(note) = unbounded(
            spec.market,
            !self.pools.used().is_empty() && spec.pools.iter().any(|pool| pool.max_price.is_some()),
        ) {
            context.say(&format!("{} {note}", context.message_style.warn("note:")));
        }
        match FileDigests::read(&spec) {
            Ok(contents) => spec.contents = contents,
            Err(why) if self.files => return Err(CommandError::new(format!("{why}; {NOTHING}"))),
            // What the cloud keeps of them does.
            Err(_) => {}
        }
        // As many as were asked for may not be there any more: those without jobs end by themselves.
        let grows = spec.count > before.count || spec.count > seen.wanted;
        let is_so = AnnexSpec { count: spec.count, ..before.clone() } == spec && seen.wanted == spec.count;
        if is_so && held.record.stage == crate::annex::AnnexPhase::Settled {
            return conclude(
                context,
                CreateOutcome::There { record: Box::new(held.record), outcome: "unchanged", instances: None },
            );
        }
        self.agree(&desk, &held, (&before, &spec, grows), budget).await?;
        if !context.confirm(&format!("Change annex {name}?"))? {
            context.tell(NOTHING);
            return Ok(Exit::Failed);
        }
        let surplus = surplus(&held, &before, &spec).await?;
        if let Some(drainage) = drainage.filter(|_| !surplus.is_empty()) {
            context.tell(&format!("draining {}", surplus.join(", ")));
            let still = drain(context, drainage, &mut held, &surplus).await?;
            if !still.is_empty() {
                return Err(still_draining(&name, &still).hint("the same command again goes on, too"));
            }
        }
        conclude(context, build(&desk, held, &spec, self.wait, "updated").await?)
    }

    /// Shows what is about to change, and refuses what cannot be or costs too much.
    async fn agree(
        &self,
        desk: &AnnexSession<'_>,
        held: &LockedAnnex,
        (before, spec, grows): (&AnnexSpec, &AnnexSpec, bool),
        budget: Option<crate::annex::Dollars>,
    ) -> Result<(), CommandError> {
        let context = desk.context;
        let now = now();
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        // What is smaller needs nothing that is not there.
        if grows || spec.pools != before.pools || spec.contents != before.contents {
            let found = held.cloud.check(&held.record.id, spec).await?;
            diagnostics.extend(found.into_iter().map(diagnostic));
        }
        let estimate = estimate(&*held.cloud, spec, now).await?;
        diagnostics.extend(over_budget_trouble(spec, estimate, budget, now));
        refuse(context, &diagnostics, NOTHING)?;
        let place = desk.clouds.place(&held.record.place).await?;
        context.tell(&AnnexOffer { spec, place: &place, estimate, now }.human(context.message_style));
        if spec.contents != before.contents {
            context.tell("its files have changed: instances that are launched from now on have them as they are now");
        }
        Ok(())
    }
}

/// The instances that are more than each pool is to have, those that drain already among them.
async fn surplus(held: &LockedAnnex, before: &AnnexSpec, spec: &AnnexSpec) -> Result<Vec<String>, CommandError> {
    let record = &held.record;
    let pool = pool_of(record);
    let observed = observe(&*held.cloud, record, pool.as_ref()).await?;
    let mut status = observed.status.ok_or_else(|| gone(held))?;
    status.rows.retain(|row| matches!(row.instance.state, InstanceState::Pending | InstanceState::Running));
    let pools = status.rows.iter().map(|row| row.instance.pool + 1).max().unwrap_or(0);
    let weights = |spec: &AnnexSpec| spec.pools.iter().map(|pool| pool.weight).collect::<Vec<_>>();
    let parts = if weights(spec) == weights(before) {
        let of_pool = |pool| status.rows.iter().filter(|row| row.instance.pool == pool).count();
        let now: Vec<u32> = (0..pools).map(|pool| u32::try_from(of_pool(pool)).unwrap_or(u32::MAX)).collect();
        share(spec.count, &spec.pools, &now)
    } else {
        split(spec.count, &spec.pools)
    };
    let mut surplus: Vec<String> = record.draining.iter().chain(&record.releasing).cloned().collect();
    for index in 0..pools {
        let mut of_pool = status.clone();
        of_pool.rows.retain(|row| row.instance.pool == index);
        let there_are = of_pool.rows.len();
        without(&mut of_pool, &surplus);
        let going = there_are - of_pool.rows.len();
        let wanted = parts.get(index).map_or(0, |part| *part as usize);
        let more = there_are.saturating_sub(wanted).saturating_sub(going);
        if more > 0
            && let Some(error) = observed.pool_error
        {
            // Without the pool nobody knows who has jobs.
            return Err(error.into());
        }
        surplus.extend(pick_to_drain(&of_pool, &DrainChoice::Count(more)).map_err(cannot)?);
    }
    surplus.sort();
    surplus.dedup();
    Ok(surplus)
}

fn conclude(context: &Context, raised: CreateOutcome) -> CommandResult {
    if let CreateOutcome::There { record, outcome, instances } = raised {
        if context.wants_json() {
            context.print_json(&AnnexChangeDocument::new(&record, outcome, instances.as_deref()))?;
        } else {
            context.print_with_advice(&way_on(&record, outcome, instances.as_deref(), context.style))?;
        }
    }
    Ok(Exit::Done)
}
