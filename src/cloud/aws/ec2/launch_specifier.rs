//! Puts together what a launch asks for.

use std::sync::Arc;

use aws_smithy_types::base64;

use super::groups::SecurityGroups;
use super::hardware::Hardware;
use super::launch_spec::{Ec2LaunchSpec, InstanceProfileRef, refused, who};
use super::launch_user_data::LaunchUserData;
use super::root_disk_lookup::RootDisks;
use crate::provider::{CloudError, LaunchRequest};

/// Makes specifications of requests: looks up what plans call by name, and adds what hoist adds.
pub(super) struct LaunchSpecifier {
    groups: Arc<SecurityGroups>,
    disks: Arc<RootDisks>,
    user_data: Arc<LaunchUserData>,
}

impl LaunchSpecifier {
    /// Looks things up through `groups` and `disks`; `user_data` makes what machines do at their first start.
    pub(super) fn new(groups: Arc<SecurityGroups>, disks: Arc<RootDisks>, user_data: Arc<LaunchUserData>) -> Self {
        Self { groups, disks, user_data }
    }

    /// Puts together what the instances of a launch get.
    pub(super) async fn specify(&self, request: &LaunchRequest) -> Result<Ec2LaunchSpec, CloudError> {
        let machine = &request.machine;
        let image = machine.image.clone().ok_or_else(|| {
            refused(format!("{} names no image", who(request))).hint("`hoist image list` shows what there is")
        })?;
        let (user_data, host_key) = self.user_data.make(request).await?;
        Ok(Ec2LaunchSpec {
            image,
            key_name: machine.key_name.clone(),
            groups: self.groups.of_launch(request).await?,
            profile: machine.instance_profile.as_deref().map(InstanceProfileRef::new),
            user_data: user_data.map(base64::encode),
            tags: request.tags.clone(),
            ends_with_shutdown: request.expires_at.is_some(),
            host_key,
            hardware: Hardware::new(machine, self.disks.device_of(request).await?),
        })
    }
}
