use serde::{Deserialize, Serialize};

use super::seconds::Seconds;

/// The answer of a source of facts. A failed source is never an empty one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reading", rename_all = "snake_case")]
pub enum Reading<T> {
    /// Read for this pass.
    Fresh {
        /// The value.
        value: T,
    },
    /// The last value of a source that has been silent since.
    Stale {
        /// The last value.
        value: T,
        /// Time since it was read, in seconds.
        age: Seconds,
    },
    /// The source did not answer.
    Failed {
        /// The source's error.
        reason: String,
    },
    /// Not asked for in this step.
    #[default]
    Unread,
}

impl<T> Reading<T> {
    /// Returns the value if it was read for this pass.
    pub fn fresh(&self) -> Option<&T> {
        match self {
            Reading::Fresh { value } => Some(value),
            _ => None,
        }
    }

    /// Returns the value, fresh or stale.
    pub fn value(&self) -> Option<&T> {
        match self {
            Reading::Fresh { value } | Reading::Stale { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Returns the age of the value in seconds: 0 if fresh, none without a value.
    pub fn age(&self) -> Option<Seconds> {
        match self {
            Reading::Fresh { .. } => Some(0),
            Reading::Stale { age, .. } => Some(*age),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_reading_has_no_value() {
        let failed: Reading<u64> = Reading::Failed { reason: "no route".into() };
        assert_eq!((failed.fresh(), failed.value(), failed.age()), (None, None, None));
    }

    #[test]
    fn stale_reading_has_a_value_and_an_age_but_is_not_fresh() {
        let stale = Reading::Stale { value: 7_u64, age: 90 };
        assert_eq!((stale.fresh(), stale.value(), stale.age()), (None, Some(&7), Some(90)));
    }
}
