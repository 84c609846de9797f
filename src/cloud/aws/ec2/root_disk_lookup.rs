//! Finds out what disk an image starts from.

use super::ec2_cloud::Ec2Cloud;
use super::launch_spec::{Ec2LaunchSpec, refused};
use super::launch_template::{self, TemplateName};
use super::root_disk::RootDisk;
use super::ssm_alias::BY_PARAMETER;
use crate::cloud::aws::api::{ApiClass, Call};
use crate::provider::{CloudError, LaunchRequest};

impl Ec2Cloud {
    /// The device that the request's image starts from, where the request asks for another disk there.
    pub(super) async fn device_of(&self, request: &LaunchRequest) -> Result<Option<String>, CloudError> {
        let (Some(image), Some(_)) = (&request.machine.image, &request.machine.disk) else { return Ok(None) };
        if let Some(known) = self.known_roots.lock().await.get(image) {
            return Ok(Some(known.device.clone()));
        }
        let id = if image.starts_with(BY_PARAMETER) { self.resolved(request, image).await? } else { image.clone() };
        let found = self.root_disk(&id).await?.ok_or_else(|| {
            refused(format!("the image {image} names no disk that it starts from"))
                .hint("leave `disk` out, or name another image")
        })?;
        self.known_roots.lock().await.insert(image.clone(), found.clone());
        Ok(Some(found.device))
    }

    /// What the image of this id starts from.
    pub(super) async fn root_disk(&self, id: &str) -> Result<Option<RootDisk>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_images().image_ids(id);
        let call = Call::ec2("DescribeImages", ApiClass::Describe);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the image's disk"))?;
        Ok(answer.images.unwrap_or_default().into_iter().next().and_then(RootDisk::of))
    }

    /// The id of the image that a parameter names. Only templates tell it without a right to read parameters, so one is
    /// made, asked and removed.
    async fn resolved(&self, request: &LaunchRequest, image: &str) -> Result<String, CloudError> {
        let token = format!("disk-{}", request.token);
        let bare = Ec2LaunchSpec { tags: request.tags.clone(), ..Ec2LaunchSpec::of_image(image) };
        self.make_template(&token, &token, &bare, false).await?;
        let client = self.session.ec2().await?;
        let name = launch_template::name(&token);
        let asked = client
            .describe_launch_template_versions()
            .launch_template_name(&name)
            .versions("$Latest")
            .resolve_alias(true);
        let call = Call::ec2("DescribeLaunchTemplateVersions", ApiClass::Describe);
        let answer = self.session.call(call, || asked.clone().send()).await;
        // Where that fails, it stays as a leftover, which costs nothing and is found by its tag.
        let _ = self.remove_template(client, TemplateName::Name(&name)).await;
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
