//! Converts tags to and from EC2's types.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{LaunchTemplateTagSpecificationRequest, ResourceType, Tag, TagSpecification};

/// Tag with an instance's slot in its launch, for launches that EC2 does not number: a number, or [`BY_ID`]. Without
/// it, EC2's launch index counts.
pub(super) const TAG_SLOT: &str = "hoist:slot";

/// Value for slots in the order of the instances' ids. EC2 numbers the instances of a fleet by the fleet's calls, so
/// several have the same number.
pub(super) const BY_ID: &str = "by-id";

/// Maximum number of tags of a resource (EC2 User Guide, "Tag restrictions").
pub(super) const TAG_LIMIT: usize = 50;

pub(in crate::cloud) type Tags = BTreeMap<String, String>;

/// Converts tags to EC2's type, in a fixed order.
pub(super) fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Converts a resource's tags from EC2's type.
pub(in crate::cloud) fn read(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

/// Returns what is wrong with each tag that the metadata service does not take, and the remedy; `learns` is what a
/// machine learns by that service. EC2 launches no instance with such a tag that reads its tags (EC2 User Guide, "View
/// tags for your EC2 instances using instance metadata").
pub(in crate::cloud) fn metadata_faults(tags: &Tags, learns: &str) -> impl Iterator<Item = (String, &'static str)> {
    tags.keys().filter(|key| !is_metadata_key(key)).map(move |key| {
        let shown: String = key.chars().take(40).collect();
        let message =
            format!("the tag {shown:?} has a name that the metadata service does not take, by which {learns}");
        (message, "use letters, digits and + - = . , _ : @ in its name, no spaces and no \"/\"")
    })
}

fn is_metadata_key(key: &str) -> bool {
    let is_taken = |c: char| c.is_ascii_alphanumeric() || "+-=.,_:@".contains(c);
    key.chars().all(is_taken) && ![".", "..", "_index"].contains(&key)
}

/// Returns the specification of tags for resources of this type that a call creates.
pub(super) fn specification(resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(resource).set_tags(Some(list(tags))).build()
}

/// Returns the specification of tags for resources of this type that a launch template creates.
pub(super) fn in_template(resource: ResourceType, tags: &Tags) -> LaunchTemplateTagSpecificationRequest {
    LaunchTemplateTagSpecificationRequest::builder().resource_type(resource).set_tags(Some(list(tags))).build()
}
