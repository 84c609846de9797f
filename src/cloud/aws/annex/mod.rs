//! Annexes as stacks on AWS: CloudFormation makes them, Auto Scaling keeps them, and both end them when the lease is
//! over.
//!
//! Users call CloudFormation, which works with the role of the set-up ([`AnnexSetup`]); files travel through the
//! set-up's bucket. A stack is found by its id, or by its name and then only if it carries the annex's tag: what has
//! the name by chance is left alone.

mod access_denied;
mod apply;
mod cfn_template;
mod check;
mod delete;
mod describe;
mod events;
mod files;
mod iam_policies;
mod images;
mod instances;
mod leftovers;
mod list;
mod networks;
mod observe;
mod password;
mod prepare;
mod prices;
mod public_address;
mod quota_check;
mod quota_headroom;
mod quotas;
mod release;
mod request;
mod scaling_groups;
mod setup;
mod setup_check;
mod setup_delete;
mod setup_params;
mod setup_resources;
mod setup_stack;
mod user_data;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

pub use cfn_template::{
    GroupLaunchData, LARGEST_BODY, OUTPUT_END, OUTPUT_FINGERPRINT, Setup, described, fingerprint, group_of, renewed,
    stack,
};
pub use iam_policies::{Audience, policy};
pub use public_address::{WHAT_IS_MY_ADDRESS, address_said, address_towards};
pub use setup::{AnnexSetup, SetupOutcome, SetupPlan, SetupProgress};
pub use setup_delete::SetupDeletion;
pub use setup_params::{Cidr, SetupParams};

use crate::annex::{AnnexCloud, AnnexId, AnnexInstance, AnnexLeftover, AnnexSpec, Dollars, ObservedAnnex};
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::{Ec2Cloud, Ec2Options};
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::Templates;

/// The annexes of one account in one region.
#[derive(Debug)]
pub struct StackCloud {
    session: Arc<AwsSession>,
    templates: Templates,
    ec2: Ec2Cloud,
    setup: AnnexSetup,
}

impl StackCloud {
    /// The annexes that this session reaches; their machines' user data is made of `templates`. Asks nothing yet.
    pub fn new(session: Arc<AwsSession>, templates: Templates) -> Self {
        let ec2 = Ec2Cloud::new(Arc::clone(&session), Ec2Options::default());
        let setup = AnnexSetup::new(Arc::clone(&session), templates.clone());
        Self { session, templates, ec2, setup }
    }

    /// What the set-up made; an error where there is none.
    async fn require_setup(&self) -> Result<Setup, CloudError> {
        match self.setup.outputs().await? {
            Some(setup) => Ok(setup),
            None => Err(no_setup(self.session.region().await?)),
        }
    }
}

fn no_setup(region: &str) -> CloudError {
    let message = format!("annexes are not set up in {region}");
    let hint =
        "`hoist annex setup` does that once in a region; it needs the permissions of `hoist annex policy --for admin`";
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}

/// Sessions that lack a permission get a hint at the policy that has all of them.
#[async_trait]
impl AnnexCloud for StackCloud {
    async fn check(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError> {
        self.find_faults(id, spec).await.map_err(access_denied::for_user)
    }

    async fn prices(&self, spec: &AnnexSpec) -> Result<Vec<Option<Dollars>>, CloudError> {
        self.dearest(spec).await.map_err(access_denied::for_user)
    }

    async fn preview(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Value, CloudError> {
        self.show(id, spec).await.map_err(access_denied::for_user)
    }

    async fn apply(&self, id: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<Option<String>, CloudError> {
        self.make(id, spec, token).await.map(Some).map_err(access_denied::for_user)
    }

    async fn look(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Option<ObservedAnnex>, CloudError> {
        self.see(id, cloud_id).await.map_err(access_denied::for_user)
    }

    async fn instances(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError> {
        self.list_instances(id).await.map_err(access_denied::for_user)
    }

    async fn release(&self, id: &AnnexId, instances: &[String]) -> Result<(), CloudError> {
        self.let_go(id, instances).await.map_err(access_denied::for_user)
    }

    async fn delete(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
        retain: &[String],
        token: &str,
    ) -> Result<(), CloudError> {
        self.remove(id, cloud_id, retain, token).await.map_err(access_denied::for_user)
    }

    async fn remains(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError> {
        self.left(id, cloud_id).await.map_err(access_denied::for_user)
    }

    async fn owner(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(self.find(id, None).await?.and_then(|stack| describe::tags(&stack).remove(crate::provider::TAG_OWNER)))
    }

    async fn state(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(self.find(id, None).await?.and_then(|stack| describe::tags(&stack).remove(crate::provider::TAG_STATE)))
    }

    async fn all(&self) -> Result<Vec<AnnexId>, CloudError> {
        self.list_annexes().await.map_err(access_denied::for_user)
    }
}
