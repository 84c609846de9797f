//! Builds the specifications of launches.

use std::sync::Arc;

use aws_smithy_types::base64;

use super::groups::SecurityGroups;
use super::hardware::Hardware;
use super::launch_spec::{Ec2LaunchSpec, InstanceProfileRef, refused, who};
use super::launch_user_data::LaunchUserData;
use super::root_disk_lookup::RootDisks;
use crate::provider::{CloudError, LaunchRequest};

/// Builds specifications from requests: resolves the plan's names, and adds hoist's settings.
pub(super) struct LaunchSpecifier {
    groups: Arc<SecurityGroups>,
    disks: Arc<RootDisks>,
    user_data: Arc<LaunchUserData>,
}

impl LaunchSpecifier {
    /// Creates a specifier with lookups through `groups` and `disks`, and user data from `user_data`.
    pub(super) fn new(groups: Arc<SecurityGroups>, disks: Arc<RootDisks>, user_data: Arc<LaunchUserData>) -> Self {
        Self { groups, disks, user_data }
    }

    /// Builds the specification of a launch's instances.
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
            metadata_tags: request.has_renewed_lease(),
            host_key,
            hardware: Hardware::new(machine, self.disks.device_of(request).await?),
        })
    }
}
