//! `hoist annex policy`

use clap::{Args, ValueEnum};

use crate::app::aws;
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::cloud::aws::annex::{Audience, policy};
use crate::provider::CloudError;

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
        let session = aws(&context.workspace)?.session_with_stacks(&context.workspace.clouds.ec2_config())?;
        let (identity, region) =
            block_on(async { Ok::<_, CloudError>((session.identity().await?, session.region().await?.to_owned())) })??;
        let account =
            identity.account.ok_or_else(|| CommandError::new("the cloud does not say which account this is"))?;
        let partition = identity.arn.as_deref().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
        let audience = match self.audience {
            Who::Admin => Audience::Admin,
            Who::User => Audience::User,
        };
        context.print_json(&policy(audience, partition, &region, &account))?;
        Ok(Exit::Done)
    }
}
