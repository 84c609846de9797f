//! `hoist worker start`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use jiff::{SignedDuration, Timestamp};

use crate::app::coalition::UserDataChoice;
use crate::app::worker::{Start as Started, StartWorkers, start};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::completions::system_names;
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
    /// coalition's file, which ends in .ini, or a fleet file
    #[arg(long, value_name = "FILE", default_value = "cloud_aws.ini", value_hint = clap::ValueHint::FilePath)]
    config: PathBuf,

    /// Number of workers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,

    /// Their kind, of a fleet file with several
    #[arg(long, value_name = "NAME")]
    kind: Option<String>,

    /// Begin of their names, and so the fleet that they are of [default: as the file has it]
    #[arg(long, value_name = "PREFIX")]
    name_prefix: Option<String>,

    /// How long they live, unless a scaler renews their leases
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "12h")]
    lease: Duration,

    /// A template of the workers' user data, for coalition's file: $name, or handlebars in a file that ends in .hbs
    /// [default: worker-cloud-init]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    template: Option<PathBuf>,

    /// The operating system of the image, for the built-in template [default: as the image's name tells]
    #[arg(long, value_name = "OS", conflicts_with = "template", add = ArgValueCompleter::new(system_names))]
    os: Option<String>,

    /// Let the template put the file's keys into the user data, which everybody on the machine can read
    #[arg(long, requires = "template")]
    allow_secret: bool,

    /// Only check, and tell what would be started
    #[arg(long)]
    dry_run: bool,
}

impl Start {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let user_data =
            UserDataChoice { template: self.template.clone(), os: self.os.clone(), allow_secret: self.allow_secret };
        let request = StartWorkers {
            config: &self.config,
            count: self.count,
            kind: self.kind.as_deref(),
            lease: SignedDuration::try_from(self.lease).unwrap_or(SignedDuration::MAX),
            name_prefix: self.name_prefix.as_deref(),
            user_data,
            dry_run: self.dry_run,
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
