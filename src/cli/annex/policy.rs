//! `hoist annex policy`

use clap::{Args, ValueEnum};

use crate::annex::AnnexName;
use crate::app::annex::least_policy;
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::cloud::aws::annex::Audience;

/// Print the least IAM policy with which annexes can be set up, or used
///
/// The policy is for the account and the region that the options and the environment name. A user's allows all annexes
/// of that region, and their files, whoever made them; --prefix narrows it to annexes whose names begin alike. What IAM
/// cannot narrow stays open: descriptions and lists show all of the account, and whoever may make a stack has
/// CloudFormation's role of the set-up make what that role may: instances, groups and roles of any annex.
#[derive(Args, Debug)]
pub(in crate::cli) struct PolicyCommand {
    /// Who it is for
    #[arg(long = "for", value_enum, value_name = "WHO")]
    audience: Who,

    /// Only for annexes whose names begin with this, such as ada-: their stacks, groups, instances and files
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<AnnexName>,
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
        let names = match (&self.prefix, audience) {
            (Some(_), Audience::Admin) => {
                let message = "--prefix: the set-up is for all annexes of a region; a prefix narrows what a user may";
                return Err(
                    CommandError::with_exit(Exit::Usage, message).hint("hoist annex policy --for user --prefix …")
                );
            }
            (prefix, _) => prefix.as_ref().map_or("", AnnexName::as_str),
        };
        context.print_json(&block_on(least_policy(&context.workspace, audience, names))??)?;
        Ok(Exit::Done)
    }
}
