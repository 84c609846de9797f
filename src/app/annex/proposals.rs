//! Proposals of names in the place of one of no annex.

use crate::annex::AnnexName;
use crate::diagnostics::{did_you_mean_word, nearest_first};

/// The most names that are listed.
const MOST: usize = 5;

/// Names of annexes in the place of one of none.
pub(crate) struct Proposals {
    /// The names, the nearest first: `a1, b and 3 more`; none where there are none.
    pub(crate) listed: Option<String>,
    /// The question whether one of them was meant, where that is near.
    pub(crate) question: Option<String>,
}

impl Proposals {
    /// Returns what may have been meant by `name`, of these names.
    pub(super) fn of<'a>(name: &AnnexName, others: impl IntoIterator<Item = &'a str>) -> Self {
        let sorted = nearest_first(name.as_str(), others);
        let shown = sorted.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
        let listed = match sorted.len().saturating_sub(MOST) {
            0 => shown,
            more => format!("{shown} and {more} more"),
        };
        let question = did_you_mean_word(name.as_str(), sorted);
        Self { listed: Some(listed).filter(|listed| !listed.is_empty()), question }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_not_all_are_listed() {
        let names: Vec<String> = (1..=9).rev().map(|number| format!("a{number}")).collect();
        let all = names.iter().map(String::as_str).chain(["zebra"]);
        let found = Proposals::of(&"a11".parse().unwrap(), all);
        assert_eq!(found.listed.as_deref(), Some("a1, a2, a3, a4, a5 and 5 more"));
        assert_eq!(found.question.as_deref(), Some("did you mean a1?"));
        let none = Proposals::of(&"a11".parse().unwrap(), []);
        assert!(none.listed.is_none() && none.question.is_none());
    }
}
