//! The root disk of an image: its device's name, which a launch must give to replace the disk, and its size.

use aws_sdk_ec2::types::Image;

/// The root disk of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloud) struct RootDisk {
    /// Name of the device.
    pub(in crate::cloud) device: String,
    /// Size in GiB, if the image gives it.
    pub(in crate::cloud) size: Option<u32>,
}

impl RootDisk {
    /// Returns the root disk of an image, if it names one.
    pub(in crate::cloud) fn of(image: Image) -> Option<Self> {
        let device = image.root_device_name?;
        let mappings = image.block_device_mappings.unwrap_or_default();
        let root = mappings.into_iter().find(|mapping| mapping.device_name.as_ref() == Some(&device));
        let size = root.and_then(|root| root.ebs?.volume_size).and_then(|size| u32::try_from(size).ok());
        Some(Self { device, size })
    }
}
