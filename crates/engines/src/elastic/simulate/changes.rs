use serde::{Serialize, Serializer};

use crate::elastic::engine::Seconds;

/// A value over time, recorded only where it changed: `[[time, value], …]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes<T>(Vec<(Seconds, T)>);

impl<T> Default for Changes<T> {
    fn default() -> Changes<T> {
        Changes(Vec::new())
    }
}

impl<T: PartialEq> Changes<T> {
    /// Records the value at a time. A second value at the same time replaces the first.
    pub(super) fn record(&mut self, at: Seconds, value: T) {
        if self.0.last().is_some_and(|(last, _)| *last == at) {
            self.0.pop();
        }
        if self.0.last().is_none_or(|(_, last)| *last != value) {
            self.0.push((at, value));
        }
    }
}

impl<T: Serialize> Serialize for Changes<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_only_changes_and_the_last_value_of_a_second() {
        let mut changes = Changes::default();
        for (at, value) in [(0, 1), (5, 1), (10, 2), (10, 3), (15, 3), (20, 3), (20, 1)] {
            changes.record(at, value);
        }
        assert_eq!(serde_json::to_string(&changes).unwrap(), "[[0,1],[10,3],[20,1]]");
    }
}
