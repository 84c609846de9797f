//! Finds leftovers of an annex with fresh requests.

use std::sync::Arc;

use aws_sdk_cloudformation::types::StackStatus;

use super::annex_stack::StackFinder;
use super::describe;
use super::files::AnnexFiles;
use super::instances::AnnexInstances;
use super::scaling_groups::ScalingGroups;
use super::setup_reader::SetupReader;
use crate::annex::{AnnexId, AnnexLeftover, TAG_ANNEX};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::pages::all_pages;
use crate::provider::CloudError;

/// Finds leftovers of annexes.
pub(super) struct AnnexLeftovers {
    pub(super) session: Arc<AwsSession>,
    pub(super) stacks: StackFinder,
    pub(super) groups: ScalingGroups,
    pub(super) instances: AnnexInstances,
    pub(super) files: AnnexFiles,
    pub(super) setup: SetupReader,
}

impl AnnexLeftovers {
    /// Returns the stack, and all instances, groups, disks, launch templates with the annex's tag, and files below its
    /// prefix. The schedule that ends its lease and its role are deleted with the stack and not looked up: users cannot
    /// list either by tag.
    pub(super) async fn find(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError> {
        let mut left = Vec::new();
        let mut add = |kind: &'static str, bills: bool, ids: Vec<String>| {
            left.extend(ids.into_iter().map(|id| AnnexLeftover { kind, id, bills }));
        };
        let stack = self.stacks.find(id, cloud_id).await?;
        let stack = stack.filter(|stack| describe::status(stack) != StackStatus::DeleteComplete);
        add("stack", false, stack.iter().map(describe::id_of).collect());
        let groups = self.groups.of_annex(id).await?;
        add("group", true, groups.into_iter().filter_map(|group| group.auto_scaling_group_name).collect());
        let instances = self.instances.list(id).await?;
        let living = instances.into_iter().filter(|instance| !instance.state.is_gone());
        add("instance", true, living.map(|instance| instance.id).collect());
        add("volume", true, self.volumes(id).await?);
        add("launch template", false, self.launch_templates(id).await?);
        if let Some(setup) = self.setup.outputs().await? {
            add("file", true, self.files.list(id, &setup).await?);
        }
        Ok(left)
    }

    async fn volumes(&self, id: &AnnexId) -> Result<Vec<String>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_volumes().filters(filter(&format!("tag:{TAG_ANNEX}"), [id.tag()]));
        let found = all_pages!(&self.session, Call::ec2("DescribeVolumes", ApiClass::Describe), request, volumes)
            .map_err(|problem| {
                problem.explain(&self.session.scene(), &format!("look for disks of annex {}", id.name))
            })?;
        Ok(found.into_iter().filter_map(|volume| volume.volume_id).collect())
    }

    async fn launch_templates(&self, id: &AnnexId) -> Result<Vec<String>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_launch_templates().filters(filter(&format!("tag:{TAG_ANNEX}"), [id.tag()]));
        let call = Call::ec2("DescribeLaunchTemplates", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, launch_templates).map_err(|problem| {
            problem.explain(&self.session.scene(), &format!("look for launch templates of annex {}", id.name))
        })?;
        Ok(found.into_iter().filter_map(|template| template.launch_template_id).collect())
    }
}
