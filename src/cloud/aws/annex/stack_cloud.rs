//! The cloud of annexes that are stacks, and whether it is set up for them.

use std::sync::Arc;

use super::cfn_template::Setup;
use super::setup::AnnexSetup;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::{Ec2Cloud, Ec2Options};
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::Templates;

/// The annexes of one account in one region.
#[derive(Debug)]
pub struct StackCloud {
    pub(super) session: Arc<AwsSession>,
    pub(super) templates: Templates,
    pub(super) ec2: Ec2Cloud,
    pub(super) setup: AnnexSetup,
}

impl StackCloud {
    /// The annexes that this session reaches; their machines' user data is made of `templates`. Asks nothing yet.
    pub fn new(session: Arc<AwsSession>, templates: Templates) -> Self {
        let ec2 = Ec2Cloud::new(Arc::clone(&session), Ec2Options::default());
        let setup = AnnexSetup::new(Arc::clone(&session), templates.clone());
        Self { session, templates, ec2, setup }
    }

    /// What the set-up made; an error where there is none.
    pub(super) async fn require_setup(&self) -> Result<Setup, CloudError> {
        match self.setup.outputs().await? {
            Some(setup) => Ok(setup),
            None => Err(no_setup(self.session.region().await?)),
        }
    }
}

pub(super) fn no_setup(region: &str) -> CloudError {
    let message = format!("annexes are not set up in {region}");
    let hint =
        "`hoist annex setup` does that once in a region; it needs the permissions of `hoist annex policy --for admin`";
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}
