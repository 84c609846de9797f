//! `hoist annex status`

use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde_json::Value;

use super::advertise::{Advertised, advertise, every};
use super::annex_arg::parse_name;
use super::health::{caught_up, health, unfinished, worse};
use super::observe::{AnnexObservation, observe};
use super::session::{AnnexSession, pool_of};
use crate::annex::{Annex, AnnexPhase, AnnexStatus, ObservedState};
use crate::cli::completions::annex_names;
use crate::cli::context::{Context, document};
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::runtime::block_on;
use crate::cli::signals::Signals;
use crate::report::{AnnexDocument, AnnexStatusDocument, AnnexStatusesDocument, annex_classads, annex_human};

/// Show where annexes stand: one row an instance, as the cloud and as the pool has it
///
/// Instances that run and have not joined, and slots whose instance is gone, are marked.
///
/// Exit codes: 0 as it should be; 1 failed or gone; 2 fewer instances than wanted, or something is marked.
#[derive(Args, Debug)]
pub(in crate::cli) struct Status {
    /// The annex's name [default: all that live]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(annex_names))]
    name: Option<String>,

    /// Write ClassAds: one of the annex, one of each instance
    #[arg(long)]
    classad: bool,

    /// Ask the cloud only
    #[arg(long, conflicts_with = "advertise")]
    no_pool: bool,

    /// Put the annex's ad into the pool's collector
    #[arg(long)]
    advertise: bool,

    /// Look and advertise again every so often, such as 1m, until Ctrl-C or the annex's end
    #[arg(long, value_name = "DURATION", requires = "advertise")]
    every: Option<String>,
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let pause = self.every.as_deref().map(every).transpose()?;
        let desk = AnnexSession::new(context)?;
        let records = match &self.name {
            Some(name) => vec![desk.recorded(&parse_name(name)?)?],
            None => living(context)?,
        };
        if records.is_empty() && !context.wants_json() {
            context.tell("no annex lives; `hoist annex list --all` lists those that have ended");
        }
        let Some(pause) = pause else { return self.look(&desk, &records).await };
        self.repeat(&desk, &records, pause).await
    }

    /// Looks again and again, until somebody wants to stop or none is left.
    async fn repeat(&self, desk: &AnnexSession<'_>, records: &[Annex], pause: Duration) -> CommandResult {
        let signals = Signals::listen(|| {})?;
        let mut stop = signals.stop();
        let mut left = records.to_vec();
        let mut worst = Exit::Done;
        loop {
            let looked = async {
                worst = self.look(desk, &left).await?;
                let known: Vec<Annex> = living(desk.context)?;
                left.retain(|record| known.iter().any(|living| living.id == record.id));
                Ok::<_, CommandError>(())
            };
            tokio::select! {
                looked = looked => looked?,
                // The ad stays until the collector forgets it: the annex goes on.
                _ = stop.changed() => return Ok(signals.exit()),
            }
            if left.is_empty() || worst == Exit::Failed {
                return Ok(worst);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => return Ok(signals.exit()),
            }
        }
    }

    async fn look(&self, desk: &AnnexSession<'_>, records: &[Annex]) -> CommandResult {
        let context = desk.context;
        let (mut worst, mut documents) = (Exit::Done, Vec::new());
        for record in records {
            match self.one(desk, record, &mut documents).await {
                Ok(exit) => worst = worse(worst, exit),
                // One that cannot be asked does not hide the others.
                Err(error) if records.len() > 1 => {
                    context.say(&format!("{}: {}", record.id.name, error.message));
                    error.hints.iter().for_each(|hint| context.say(&format!("  try: {hint}")));
                    documents.push(document(&AnnexStatusDocument::unknown(record, error.message))?);
                    worst = worse(worst, error.exit);
                }
                Err(error) => return Err(error),
            }
        }
        if context.wants_json() && !self.classad {
            match (&self.name, documents.pop()) {
                (Some(_), Some(document)) => context.print_json(&document)?,
                (_, last) => {
                    documents.extend(last);
                    context.print_json(&AnnexStatusesDocument::new(documents))?;
                }
            }
        }
        Ok(worst)
    }

    async fn one(
        &self,
        desk: &AnnexSession<'_>,
        record: &Annex,
        documents: &mut Vec<Value>,
    ) -> Result<Exit, CommandError> {
        let context = desk.context;
        let caught_up = caught_up(desk, record).await;
        let record = caught_up.as_ref().unwrap_or(record);
        let pool = if self.no_pool { None } else { pool_of(record) };
        let observed = if record.stage == AnnexPhase::Ended {
            AnnexObservation { status: None, pool_error: None }
        } else {
            observe(&*desk.clouds.annexes(&record.place)?, record, pool.as_ref()).await?
        };
        if let Some(error) = &observed.pool_error {
            context.say(&format!("{} {error}", context.message_style.warn("note:")));
            context.tell("  try: --no-pool asks the cloud only");
        }
        if self.advertise
            && let Some(pool) = &pool
        {
            match advertise(pool, record, observed.status.as_ref()).await? {
                Advertised::There => context.tell(&format!("the ad of annex {} is in the collector", record.id.name)),
                Advertised::Withdrawn => {
                    context.tell(&format!("annex {} is gone; its ad is out of the collector", record.id.name));
                }
            }
        }
        let Some(status) = observed.status else {
            self.show_gone(context, record, documents)?;
            return Ok(Exit::Failed);
        };
        self.show(context, record, &status, documents)?;
        let health = health(record, &status);
        Ok(if observed.pool_error.is_some() { worse(health, Exit::Changed) } else { health })
    }

    fn show(
        &self,
        context: &Context,
        record: &Annex,
        status: &AnnexStatus,
        documents: &mut Vec<Value>,
    ) -> Result<(), CommandError> {
        if self.classad {
            return context.print(&annex_classads(status));
        }
        if context.wants_json() {
            let view = AnnexDocument::new(status, record, unfinished(record, status));
            documents.push(document(&AnnexStatusDocument::There(Box::new(view)))?);
            return Ok(());
        }
        let mut text = annex_human(status, context.style);
        let warn = context.style.warn("!");
        if let Some(hint) = unfinished(record, status) {
            text.push_str(&format!("{warn} {hint}\n"));
        }
        if status.seen.state == ObservedState::Settled && status.seen.wanted == 0 {
            let name = &record.id.name;
            text.push_str(&format!(
                "{warn} no instance is wanted any more; `hoist annex update {name} --count N` brings some\n"
            ));
        }
        if !record.draining.is_empty() {
            let name = &record.id.name;
            text.push_str(&format!(
                "{warn} draining: {}; `hoist annex drain {name}` goes on\n",
                record.draining.join(", ")
            ));
        }
        context.print_with_advice(&text)
    }

    fn show_gone(&self, context: &Context, record: &Annex, documents: &mut Vec<Value>) -> Result<(), CommandError> {
        let name = &record.id.name;
        if context.wants_json() && !self.classad {
            documents.push(document(&AnnexStatusDocument::gone(record))?);
            return Ok(());
        }
        let why = match (record.stage, &record.spec) {
            (AnnexPhase::Ended, _) => "nothing is left of it".to_owned(),
            (AnnexPhase::New, _) => "it was never made".to_owned(),
            (AnnexPhase::Applying, _) if !record.made => {
                "it was to be made, and the cloud shows nothing of it yet; the same `hoist annex create` goes on"
                    .to_owned()
            }
            (_, Some(spec)) if spec.expires_at <= jiff::Timestamp::now() => {
                format!("its lease ended at {}", super::lease::shown(spec.expires_at))
            }
            _ => "the cloud has nothing of it".to_owned(),
        };
        let line = format!("{} is {}: {why}", context.style.bold(name), context.style.bad("gone"));
        // There is no ad of what there is not.
        if self.classad {
            context.say(&line)
        } else {
            context.print(&format!("{line}\n"))?
        }
        if record.stage != AnnexPhase::Ended {
            context.tell(&format!("  hoist annex delete {name}  clears what is left of it"));
        }
        Ok(())
    }
}

/// The annexes that live.
fn living(context: &Context) -> Result<Vec<Annex>, CommandError> {
    let rows = match context.state_to_read()? {
        Some(state) => state.annexes(false)?,
        None => Vec::new(),
    };
    Ok(rows.into_iter().map(|row| row.record).collect())
}
