//! `hoist worker show-spec`

use clap::Args;

use super::worker_options::WorkerOptions;
use crate::app::worker::show_spec;
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::notation::Notation;
use crate::cli::runtime::block_on;

/// Print the launch request of a worker, and launch nothing
///
/// As EC2's launch specification for spot requests, or as the body of Google's instances.insert, with the user data
/// that the worker would have.
#[derive(Args, Debug)]
pub(in crate::cli) struct ShowSpec {
    #[command(flatten)]
    options: WorkerOptions,

    /// The notation [default: that of the file's cloud]
    #[arg(long, value_name = "NOTATION")]
    spec: Option<Notation>,
}

impl ShowSpec {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let notation = self.spec.map(Notation::provider);
        let text = block_on(show_spec(context.operation(), &self.options.request(), notation))??;
        context.print(&text)?;
        Ok(Exit::Done)
    }
}
