//! Lists what carries the tag of an annex.

use std::sync::Arc;

use aws_sdk_ec2::types::Filter;

use crate::annex::{AnnexId, TAG_ANNEX};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError};
use crate::cloud::aws::ec2::describe::{Describer, filter};
use crate::cloud::aws::ec2::instance;
use crate::cloud::aws::ec2::pages::all_pages;
use crate::provider::CloudError;

/// Lists resources of annexes by their tag.
#[derive(Clone)]
pub(super) struct TaggedThings {
    pub(super) session: Arc<AwsSession>,
    pub(super) describer: Describer,
}

/// A disk with the tag of an annex.
pub(super) struct TaggedVolume {
    pub(super) id: String,
    /// Whether an instance holds it, with which it may go.
    pub(super) is_attached: bool,
}

impl TaggedThings {
    /// Returns the ids of the instances that are not terminated and not terminating.
    pub(super) async fn living(&self, id: &AnnexId) -> Result<Vec<String>, CloudError> {
        let shown = self.describer.filtered(&[of_annex(id)]).await?;
        let lives = |shown: &aws_sdk_ec2::types::Instance| {
            let state = shown.state.as_ref().and_then(|state| state.name.as_ref());
            !instance::state_of(state).is_gone()
        };
        Ok(shown.into_iter().filter(lives).filter_map(|shown| shown.instance_id).collect())
    }

    /// Returns the disks.
    pub(super) async fn volumes(&self, id: &AnnexId) -> Result<Vec<TaggedVolume>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_volumes().filters(of_annex(id));
        let found = all_pages!(&self.session, Call::ec2("DescribeVolumes", ApiClass::Describe), request, volumes)
            .map_err(|problem| self.explain(&problem, "disks", id))?;
        let volume = |volume: aws_sdk_ec2::types::Volume| {
            let is_attached = !volume.attachments().is_empty();
            Some(TaggedVolume { id: volume.volume_id?, is_attached })
        };
        Ok(found.into_iter().filter_map(volume).collect())
    }

    /// Returns the ids of the launch templates.
    pub(super) async fn launch_templates(&self, id: &AnnexId) -> Result<Vec<String>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_launch_templates().filters(of_annex(id));
        let call = Call::ec2("DescribeLaunchTemplates", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, launch_templates)
            .map_err(|problem| self.explain(&problem, "launch templates", id))?;
        Ok(found.into_iter().filter_map(|template| template.launch_template_id).collect())
    }

    fn explain(&self, problem: &CallError, what: &str, id: &AnnexId) -> CloudError {
        problem.explain(&self.session.scene(), &format!("look for {what} of annex {}", id.name))
    }
}

fn of_annex(id: &AnnexId) -> Filter {
    filter(&format!("tag:{TAG_ANNEX}"), [id.tag()])
}
