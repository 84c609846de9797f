//! `hoist annex policy`

use clap::{Args, ValueEnum};

use crate::app::annex::least_policy;
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::cloud::aws::annex::Audience;

/// Print the least IAM policy with which annexes can be set up, or used
///
/// The policy is for the account and the region that the options and the environment name.
#[derive(Args, Debug)]
pub(in crate::cli) struct PolicyCommand {
    /// Who it is for
    #[arg(long = "for", value_enum, value_name = "WHO")]
    audience: Who,
}

/// Who a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Who {
    /// Whoever sets annexes up, once in a region
    Admin,
    /// Whoever makes, watches and deletes annexes
    User,
}

impl PolicyCommand {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let audience = match self.audience {
            Who::Admin => Audience::Admin,
            Who::User => Audience::User,
        };
        context.print_json(&block_on(least_policy(&context.workspace, audience))??)?;
        Ok(Exit::Done)
    }
}
