//! Lists EC2's images, instance types, key pairs and networks for selection, and creates security groups.

pub(super) mod ensure_security_group;
mod group_rules;
pub(in crate::cloud) mod image_lookup;
pub(super) mod instance_types;
pub(super) mod key_pairs;
pub(super) mod networks;
mod unknown_action;
