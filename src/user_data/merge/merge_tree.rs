//! The values of cloud-configs during a merge.

use crate::yaml::YamlValue;

/// A value, and the cloud-config that it comes from.
#[derive(Clone)]
pub(super) struct SourcedValue {
    pub(super) value: MergeTree,
    pub(super) from: usize,
    pub(super) line: u32,
}

/// A value into which others are merged.
#[derive(Clone)]
pub(super) enum MergeTree {
    /// A value that cannot be merged.
    Leaf(YamlValue),
    List(Vec<SourcedValue>),
    /// Keys in order of first appearance.
    Map(Vec<(String, SourcedValue)>),
}
