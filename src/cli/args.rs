//! Arguments of the command line. The doc comments are the help and the man pages.

use clap::{Parser, Subcommand};

use super::annex::AnnexCommand;
use super::completions::Completions;
use super::doctor::Doctor;
use super::elastic::ElasticCommand;
use super::global::Global;
use super::help::Help;
use super::image::ImageCommand;
use super::orphans::Orphans;
use super::plan::PlanCommand;
use super::userdata::UserdataCommand;
use super::wizard::Wizard;
use super::worker::WorkerCommand;

/// Raises fleets of machines level by level, proves that they work, records every one, and brings every one back down
///
/// A launch plan names levels of services. `hoist plan boot` raises one level after the other, each verified before the
/// next starts; `hoist plan terminate` brings everything down again and proves it.
///
/// Exit codes: 0 done, healthy, nothing to change; 1 failed, unhealthy, invalid plan; 2 would change, degraded, or
/// unknown; 3 partly done, resources remain; 4 another process holds the run; 5 refused by a budget, quota or policy;
/// 64 wrong usage; 130 and 143 interrupted, after a safe stop.
#[derive(Parser, Debug)]
#[command(name = "hoist", version, propagate_version = true, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: TopCommand,
}

#[derive(Subcommand, Debug)]
pub(super) enum TopCommand {
    /// Raise, watch, mend and lower launch plans
    ///
    /// Exit codes: 0 done, healthy, nothing to change; 1 failed, unhealthy, invalid plan; 2 would change, degraded, or
    /// unknown; 3 partly done, resources remain; 4 another process holds the run; 5 refused by a budget, quota or
    /// policy; 64 wrong usage; 130 and 143 interrupted, after a safe stop.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Extend a batch pool with leased machines
    #[command(subcommand)]
    Annex(AnnexCommand),
    /// Fleets that grow and shrink by themselves
    #[command(subcommand)]
    Elastic(ElasticCommand),
    /// Single workers of fleets, started and stopped by hand
    #[command(subcommand)]
    Worker(WorkerCommand),
    Wizard(Box<Wizard>),
    /// Images to launch from
    #[command(subcommand)]
    Image(ImageCommand),
    /// What machines do at their first start
    #[command(subcommand)]
    Userdata(UserdataCommand),
    Orphans(Orphans),
    Doctor(Doctor),
    Completions(Completions),
    Help(Help),
}
