//! The account that annexes are made in at AWS, and what is set up there.

use std::sync::Arc;

use crate::cli::clouds::{Clouds, no_stacks, templates};
use crate::cli::context::Context;
use crate::cli::exit::CommandError;
use crate::cloud::aws::annex::AnnexSetup;
use crate::cloud::aws::api::AwsSession;

/// The account and region that the options and the environment name, where stacks can be made.
pub(super) fn aws(context: &Context) -> Result<Arc<AwsSession>, CommandError> {
    let session = Clouds::new(context)?.session(&context.ec2_config());
    if session.is_compatible() { Err(no_stacks()) } else { Ok(session) }
}

/// The set-up there.
pub(in crate::cli) fn set_up(session: &Arc<AwsSession>) -> Result<AnnexSetup, CommandError> {
    Ok(AnnexSetup::new(Arc::clone(session), templates()?))
}
