//! Looks up the images of an annex.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::annex::{AnnexSpec, InstanceGroup};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::os_detect::os_of;
use crate::cloud::aws::ec2::root_disk::RootDisk;
use crate::cloud::aws::ec2::ssm_alias::BY_PARAMETER;
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::{self, SYSTEMS};

/// Root devices of images that a parameter names; these publishers have kept them in every release.
const ROOTS: [(&str, &str); 3] = [("debian", "/dev/xvda"), ("amazon", "/dev/xvda"), ("ubuntu", "/dev/sda1")];

/// Properties of an image for a launch template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PoolImage {
    /// Name of the root device; `None` if a parameter names an image of an unknown publisher.
    pub(super) root_device: Option<String>,
    /// Size of the root disk in GiB; `None` where the image does not tell it, or a parameter names the image.
    pub(super) root_size: Option<u32>,
    /// Operating system, if the image's name shows it: `debian-12`.
    pub(super) os: Option<String>,
}

/// Looks up the images of pools.
#[derive(Clone)]
pub(super) struct PoolImages {
    session: Arc<AwsSession>,
}

impl PoolImages {
    /// Creates a lookup through this session. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the image of each pool; `None` where it does not exist. Properties of an image behind a parameter are
    /// derived from the parameter's name: only a launch resolves it.
    pub(super) async fn of_pools(&self, spec: &AnnexSpec) -> Result<Vec<Option<PoolImage>>, CloudError> {
        let by_id = |pool: &&InstanceGroup| !pool.image.starts_with(BY_PARAMETER);
        let ids: Vec<String> = spec.pools.iter().filter(by_id).map(|pool| pool.image.clone()).collect();
        let mut known = BTreeMap::new();
        if !ids.is_empty() {
            let client = self.session.ec2().await?;
            let request = client.describe_images().filters(filter("image-id", ids)).include_deprecated(true);
            let answer =
                self.session.call(Call::ec2("DescribeImages", ApiClass::Describe), || request.clone().send()).await;
            let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the images"))?;
            for image in answer.images.unwrap_or_default() {
                let platform = image.platform_details.as_deref();
                let os = image.name.as_deref().and_then(|name| os_of(name, platform));
                let id = image.image_id.clone();
                let root = RootDisk::of(image).filter(|root| !root.device.is_empty());
                let root_size = root.as_ref().and_then(|root| root.size);
                let found = PoolImage { root_device: root.map(|root| root.device), root_size, os };
                known.extend(id.map(|id| (id, found)));
            }
        }
        let image = |pool: &InstanceGroup| match pool.image.strip_prefix(BY_PARAMETER) {
            Some(parameter) => Some(named(parameter)),
            None => known.get(&pool.image).cloned(),
        };
        Ok(spec.pools.iter().map(image).collect())
    }
}

fn named(parameter: &str) -> PoolImage {
    let os = os_of(parameter, None);
    let is_of = |family: &str| os.as_ref().is_some_and(|os| os.split('-').next() == Some(family));
    let root = ROOTS.iter().find(|(family, _)| is_of(family)).map(|(_, root)| (*root).to_owned());
    PoolImage { root_device: root, root_size: None, os }
}

/// Returns the templates' name for the operating system of pool `place`.
///
/// # Errors
/// The system is neither given nor shown by the image's name, or no template supports it.
pub(super) fn system_of(place: usize, said: Option<&str>, image: &PoolImage) -> Result<String, CloudError> {
    let known = SYSTEMS.join(", ");
    let refused = |message: String| {
        let hint = format!("say which it is with --os: {known}; or run without HTCondor: --pool-software none");
        CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
    };
    let Some(os) = said.or(image.os.as_deref()) else {
        return Err(refused(format!("pool {}: the image's name does not tell its system", place + 1)));
    };
    template::system_of(os)
        .map(str::to_owned)
        .ok_or_else(|| refused(format!("pool {}: HTCondor is not installed on {os} by any template", place + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_tells_system_and_root_device_of_known_publishers() {
        let image = named("/aws/service/debian/release/12/latest/amd64");
        assert_eq!((image.os.as_deref(), image.root_device.as_deref()), (Some("debian-12"), Some("/dev/xvda")));
        let image = named("/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id");
        assert_eq!((image.os.as_deref(), image.root_device.as_deref()), (Some("ubuntu-24.04"), Some("/dev/sda1")));
        let gpu = |os: &str| {
            named(&format!("/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-{os}/latest/ami-id"))
        };
        assert_eq!(gpu("ubuntu-24.04").os.as_deref(), Some("ubuntu-24.04"));
        let image = gpu("amazon-linux-2023");
        assert_eq!((image.os.as_deref(), image.root_device.as_deref()), (Some("amazon-2023"), Some("/dev/xvda")));
        assert_eq!(named("/ours/golden"), PoolImage { root_device: None, root_size: None, os: None });
    }

    #[test]
    fn a_system_is_what_is_said_or_what_the_name_tells() {
        let image = |os: Option<&str>| PoolImage { root_device: None, root_size: None, os: os.map(str::to_owned) };
        assert_eq!(system_of(0, None, &image(Some("debian-12"))).unwrap(), "debian-12");
        assert_eq!(system_of(0, None, &image(Some("fedora-41"))).unwrap(), "fedora");
        assert_eq!(system_of(0, None, &image(Some("amazon-2023"))).unwrap(), "amazon-2023");
        assert_eq!(system_of(0, Some("rocky-9"), &image(Some("windows-2022"))).unwrap(), "rocky-9");
        for (os, why) in [(None, "pool 2: the image's name"), (Some("windows-2022"), "on windows-2022")] {
            let error = system_of(1, None, &image(os)).unwrap_err();
            assert!(error.message.contains(why) && error.hint.unwrap().contains("--os"), "{}", error.message);
        }
    }
}
