//! What EC2 offers to choose from, and the security groups that are made for a choice.

pub(super) mod ensure_security_group;
mod group_rules;
pub(in crate::cloud) mod image_lookup;
pub(super) mod instance_types;
pub(super) mod key_pairs;
pub(super) mod networks;
mod unknown_action;
