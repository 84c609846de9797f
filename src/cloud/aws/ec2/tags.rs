//! Tags, in EC2's types.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{LaunchTemplateTagSpecificationRequest, ResourceType, Tag, TagSpecification};

/// Which slot of its launch an instance takes, where EC2 does not number them: a number, or [`BY_ID`]. Without it, the
/// launch index that EC2 gives counts.
pub(super) const TAG_SLOT: &str = "hoist:slot";

/// The instances of a launch take its slots in the order of their ids. EC2 numbers those of a fleet by the calls that
/// the fleet makes, so several have the same number.
pub(super) const BY_ID: &str = "by-id";

/// The most tags that anything may carry (EC2 User Guide, "Tag restrictions").
pub(super) const TAG_LIMIT: usize = 50;

pub(in crate::cloud) type Tags = BTreeMap<String, String>;

/// The tags as EC2 takes them, in a fixed order.
pub(super) fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// The tags that something carries.
pub(in crate::cloud) fn read(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

/// These tags for things of this type that a call makes.
pub(super) fn specification(resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(resource).set_tags(Some(list(tags))).build()
}

/// These tags for things of this type that are made by a template.
pub(super) fn in_template(resource: ResourceType, tags: &Tags) -> LaunchTemplateTagSpecificationRequest {
    LaunchTemplateTagSpecificationRequest::builder().resource_type(resource).set_tags(Some(list(tags))).build()
}
