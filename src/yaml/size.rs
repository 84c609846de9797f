//! The expanded size of a value.

use super::{Node, YamlValue};

/// The size of a value.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) values: usize,
    /// The bytes of its texts.
    pub(super) bytes: usize,
}

impl Size {
    pub(super) fn of(node: &Node) -> Self {
        let mut size = Self { values: 1, bytes: 0 };
        let parts: Vec<&Node> = match &node.value {
            YamlValue::Text { text, .. } => {
                size.bytes = text.len();
                Vec::new()
            }
            YamlValue::List(items) => items.iter().collect(),
            YamlValue::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            _ => Vec::new(),
        };
        for part in parts.into_iter().map(Self::of) {
            size.values += part.values;
            size.bytes += part.bytes;
        }
        size
    }
}
