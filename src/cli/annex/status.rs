//! `hoist annex status`

use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::annex_arg::parse_name;
use super::schedd_option::ScheddOption;
use super::status_view::StatusView;
use crate::app::annex::{StatusRequest, status};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::completions::annex_names;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::plan::Lease;

/// Shortest and longest interval: more often tells the collector nothing new, and less often lets the ad expire
/// (`CLASSAD_LIFETIME` is 15 minutes).
const BETWEEN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(14 * 60));

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

    #[command(flatten)]
    queue: ScheddOption,

    /// Put the annex's ad into the pool's collector
    #[arg(long)]
    advertise: bool,

    /// Look and advertise again every so often, such as 1m, until Ctrl-C or the annex's end
    #[arg(long, value_name = "DURATION", requires = "advertise")]
    every: Option<String>,
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if self.classad && context.wants_json() {
            let message = "--classad: ClassAds are no JSON; either --classad or -o json";
            return Err(CommandError::with_exit(Exit::Usage, message));
        }
        let request = StatusRequest {
            every: self.every.as_deref().map(every).transpose()?,
            name: self.name.as_deref().map(parse_name).transpose()?,
            asks_pool: !self.no_pool,
            schedd: self.queue.schedd.clone(),
            advertises: self.advertise,
        };
        let mut view = StatusView::new(context, self.classad, self.name.is_some());
        block_on(status(context.operation(), request, &mut view))?
    }
}

/// Parses the interval at which the ad is renewed.
fn every(text: &str) -> Result<Duration, CommandError> {
    let wrong = |why: &str| CommandError::with_exit(Exit::Usage, format!("--every: \"{}\" {why}", text.escape_debug()));
    match text.parse() {
        Ok(Lease::For(pause)) if (BETWEEN.0..=BETWEEN.1).contains(&pause) => Ok(pause),
        Ok(Lease::For(_)) => Err(wrong("is not between 1s and 14m: the collector forgets ads after 15 minutes")),
        _ => Err(wrong("is no length; write 1m")),
    }
}
