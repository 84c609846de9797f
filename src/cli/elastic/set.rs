//! `hoist elastic set`

use clap::{ArgGroup, Args};

use super::fleet_arg::FleetArgument;
use super::show_asked::{show_asked, show_declined};
use crate::app::CommandResult;
use crate::app::elastic::{SetRequest, set};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::elastic::fleet::MOST_WORKERS;
use crate::scaler::Overrides;

/// Lay settings over a fleet's file: they hold at once and until they are set again or --reset
///
/// Without a running scaler they are recorded, and the next one takes them in first. When the new maximum is below the
/// number of workers that live, you are told how many will be drained, and asked.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("settings").required(true).multiple(true)
    .args(["min", "max", "count", "engine", "pause", "resume", "reset"])))]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    fleet: FleetArgument,

    /// At least so many workers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=MOST))]
    min: Option<u32>,

    /// At most so many workers, up to 100000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=MOST))]
    max: Option<u32>,

    /// Exactly so many workers, however many jobs wait, also above the file's maximum; until --min, --max or --reset
    #[arg(long, value_name = "N", conflicts_with_all = ["min", "max"],
        value_parser = clap::value_parser!(u32).range(0..=MOST))]
    count: Option<u32>,

    /// Another engine
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,

    /// Launch, drain and end nothing; leases are renewed all the same
    #[arg(long, conflicts_with = "resume")]
    pause: bool,

    /// Go on after --pause
    #[arg(long)]
    resume: bool,

    /// Drop what was set earlier first; alone: the fleet file holds again
    #[arg(long)]
    reset: bool,

    /// Do not wait for the scaler's answer
    #[arg(long)]
    no_wait: bool,
}

/// Most workers of a fleet.
pub(super) const MOST: i64 = MOST_WORKERS.cast_signed();

impl Set {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.fleet.name()?;
        let overrides = Overrides {
            min: self.min,
            max: self.max,
            count: self.count,
            engine: self.engine.clone(),
            paused: self.pause,
        };
        // A reset drops a pause as well, unless it is asked for again.
        let pause = if self.pause { Some(true) } else { (self.resume || self.reset).then_some(false) };
        let request = SetRequest { name: name.clone(), overrides, pause, reset: self.reset, wait: !self.no_wait };
        match block_on(set(context.operation(), request))?? {
            Some(asked) => show_asked(context, &name, "set", &asked),
            None => show_declined(context, &name, "set", "the fleet goes on with its settings as they were"),
        }
    }
}
