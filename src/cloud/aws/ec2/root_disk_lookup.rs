//! Looks up the root disks of images.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::launch_spec::{Ec2LaunchSpec, refused};
use super::launch_template::{self, LaunchTemplates, TemplateName};
use super::root_disk::RootDisk;
use super::ssm_alias::BY_PARAMETER;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::provider::{CloudError, LaunchRequest};

/// Looks up the root disks of images, and caches them.
pub(super) struct RootDisks {
    session: Arc<AwsSession>,
    templates: LaunchTemplates,
    /// Root disks by image.
    known: Mutex<HashMap<String, RootDisk>>,
}

impl RootDisks {
    /// Creates a lookup through this session; `templates` creates the template that resolves a parameter.
    pub(super) fn new(session: Arc<AwsSession>, templates: LaunchTemplates) -> Self {
        Self { session, templates, known: Mutex::default() }
    }

    /// Returns the root device of the request's image, if the request replaces its disk.
    pub(super) async fn device_of(&self, request: &LaunchRequest) -> Result<Option<String>, CloudError> {
        let (Some(image), Some(_)) = (&request.machine.image, &request.machine.disk) else { return Ok(None) };
        if let Some(known) = self.known.lock().await.get(image) {
            return Ok(Some(known.device.clone()));
        }
        let id = if image.starts_with(BY_PARAMETER) { self.resolved(request, image).await? } else { image.clone() };
        let found = self.of_image(&id).await?.ok_or_else(|| {
            refused(format!("the image {image} names no disk that it starts from"))
                .hint("leave `disk` out, or name another image")
        })?;
        self.known.lock().await.insert(image.clone(), found.clone());
        Ok(Some(found.device))
    }

    /// Returns the root disk of the image with this id.
    pub(super) async fn of_image(&self, id: &str) -> Result<Option<RootDisk>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_images().image_ids(id);
        let call = Call::ec2("DescribeImages", ApiClass::Describe);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the image's disk"))?;
        Ok(answer.images.unwrap_or_default().into_iter().next().and_then(RootDisk::of))
    }

    /// Returns the id of the image that a parameter names. Without permission to read parameters, only launch templates
    /// show it, so one is created, described and removed.
    async fn resolved(&self, request: &LaunchRequest, image: &str) -> Result<String, CloudError> {
        let token = format!("disk-{}", request.token);
        let bare = Ec2LaunchSpec { tags: request.tags.clone(), ..Ec2LaunchSpec::of_image(image) };
        self.templates.make(&token, &token, &bare, false).await?;
        let client = self.session.ec2().await?;
        let name = launch_template::name(&token);
        let asked = client
            .describe_launch_template_versions()
            .launch_template_name(&name)
            .versions("$Latest")
            .resolve_alias(true);
        let call = Call::ec2("DescribeLaunchTemplateVersions", ApiClass::Describe);
        let answer = self.session.call(call, || asked.clone().send()).await;
        // If that fails, the template stays as a leftover, which costs nothing and is found by its tag.
        let _ = self.templates.remove(client, TemplateName::Name(&name)).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "find out what the image is"))?;
        let versions = answer.launch_template_versions.unwrap_or_default();
        let data = versions.into_iter().find_map(|version| version.launch_template_data);
        let id = data.and_then(|data| data.image_id).filter(|id| !id.starts_with(BY_PARAMETER));
        id.ok_or_else(|| {
            refused(format!("cannot find out what {image} stands for, which `disk` needs"))
                .hint("name the image by its id, or leave `disk` out")
        })
    }
}
