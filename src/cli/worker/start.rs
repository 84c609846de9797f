//! `hoist worker start`

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::worker_options::WorkerOptions;
use crate::app::worker::{Start as Started, StartWorkers, start};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::plan::parse_duration;
use crate::report::{StartDocument, count, started_human};

/// Start workers by coalition's cloud_aws.ini or cloud_gcloud.ini as it is, or by a fleet file
///
/// They are workers of the fleet that the file describes, beside those that `hoist elastic run` launches: recorded
/// before each call, tagged from their birth, counted against the maximum, and leased. Where no scaler runs the fleet,
/// they end with their lease at the latest. After a kill the same command goes on, and launches none twice.
///
/// Exit codes: 0 started; 1 none was launched; 2 with --dry-run; 3 some were launched; 4 another command holds the
/// fleet; 5 a limit of the fleet does not allow so many.
#[derive(Args, Debug)]
pub(in crate::cli) struct Start {
    #[command(flatten)]
    options: WorkerOptions,

    /// Number of workers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,

    /// How long they live, unless a scaler renews their leases
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "12h")]
    lease: Duration,

    /// Do not look whether the server answers, the bucket has what workers fetch, and security groups let them through
    #[arg(long)]
    no_check: bool,

    /// Only check, and tell what would be started
    #[arg(long)]
    dry_run: bool,
}

impl Start {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let request = StartWorkers {
            count: self.count,
            lease: SignedDuration::try_from(self.lease).unwrap_or(SignedDuration::MAX),
            check: !self.no_check,
            dry_run: self.dry_run,
            ..self.options.request()
        };
        let started = block_on(start(context.operation(), &request))??;
        let exit = started.exit();
        let (fleet, outcome, asked, workers) = match &started {
            Started::Declined(fleet) => (fleet, "declined", self.count, &[][..]),
            Started::Would(fleet, count) => (fleet, "would_start", *count, &[][..]),
            Started::Answered(fleet, workers) => {
                let outcome = match exit {
                    Exit::Done => "started",
                    Exit::Remains => "partly",
                    _ => "failed",
                };
                (fleet, outcome, u32::try_from(workers.len()).unwrap_or(u32::MAX), &workers[..])
            }
        };
        if context.wants_json() {
            context.print_json(&StartDocument::new(fleet, outcome, asked, workers))?;
        } else if !workers.is_empty() {
            context.print(&started_human(workers, Timestamp::now(), context.style))?;
        }
        let launched = workers.iter().filter(|worker| worker.launched.is_ok()).count();
        match outcome {
            "declined" => context.tell("nothing was started"),
            "would_start" => context.tell("nothing was recorded or launched"),
            "started" => context.tell(&format!("{} started", count(launched, "worker"))),
            _ => context.warn(&format!(
                "{launched} of {} started; `hoist worker start --count {}` tries the others again",
                count(workers.len(), "worker"),
                workers.len() - launched
            )),
        }
        Ok(exit)
    }
}
