//! What cloud-configs say, while it is merged.

use super::super::yaml::YamlValue;

/// A value, and which of the cloud-configs it is from.
#[derive(Clone)]
pub(super) struct SourcedValue {
    pub(super) value: MergeTree,
    pub(super) from: usize,
    pub(super) line: u32,
}

/// A value that others are merged into.
#[derive(Clone)]
pub(super) enum MergeTree {
    /// Anything that cannot be merged.
    Leaf(YamlValue),
    List(Vec<SourcedValue>),
    /// Keys in the order in which they came first.
    Map(Vec<(String, SourcedValue)>),
}
