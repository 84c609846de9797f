//! `hoist plan status`

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::session::{block_on, existing};
use super::{Drive, RunName};
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, Exit};
use crate::cli::places::{RealPlaces, rehearsed};
use crate::engine::observe;
use crate::report::{Health, health_human, health_json};

/// Show what is recorded of a run and what is really there: asks the clouds, and runs every ready program again
///
/// Exit code 0 when everything is healthy, 1 when something is not, 2 when only optional checks fail.
#[derive(Args, Debug)]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    run: RunName,

    /// Only show what is recorded; ask nobody
    #[arg(long)]
    cached: bool,

    #[command(flatten)]
    drive: Drive,
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let recorded = existing(context, &self.run.name)?;
        let observations = if self.cached || recorded.row.ended_at.is_some() {
            None
        } else {
            let places = Arc::new(RealPlaces::new(context, &recorded.run)?);
            let places = rehearsed(places, self.drive.rehearse.as_deref())?;
            let most = self.drive.max_concurrency as usize;
            Some(block_on(observe(&recorded.run, &places, most))?)
        };
        let health = Health::new(&recorded.run, observations, Timestamp::now());
        if context.wants_json() {
            context.print_json(&health_json(&health, recorded.row.lock.as_ref().map(ToString::to_string)))?;
        } else {
            context.print(&health_human(
                &health,
                recorded.row.lock.as_ref().map(ToString::to_string),
                context.style,
            ))?;
        }
        Ok(match (health.is_healthy(), health.is_degraded()) {
            (false, _) => Exit::Failed,
            (true, true) => Exit::Changed,
            (true, false) => Exit::Done,
        })
    }
}
