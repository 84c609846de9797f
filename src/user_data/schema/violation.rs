//! What goes against the schema.

use crate::user_data::yaml::{Node, YamlValue, says_yes_or_no};

/// What kind of thing it is; what cloud-init does then is known by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::user_data) enum Nature {
    /// The value is not one of those that are allowed.
    #[default]
    Wrong,
    /// A key that is nearly a known one.
    Misspelt,
    /// A key that is like none of those that are known.
    Unknown,
    /// A number, a date or the like in place of a string.
    Scalar,
    /// A list without entries where one was expected.
    Empty,
    /// A string that says yes or no in place of true or false.
    Truth,
}

/// One thing that goes against the schema. Values are not in it: they may be secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::user_data) struct Violation {
    /// The keys and numbers that lead to it: `users`, `1`, `sudo`.
    pub(in crate::user_data) path: Vec<String>,
    /// From 1.
    pub(in crate::user_data) line: u32,
    pub(in crate::user_data) message: String,
    pub(in crate::user_data) hint: Option<String>,
    /// Whether it still works, but not for ever.
    pub(in crate::user_data) deprecated: bool,
    pub(in crate::user_data) nature: Nature,
    /// Whether the value is of a kind that is not allowed here at all; the kinds that are.
    pub(super) kinds: Vec<String>,
}

impl Violation {
    /// One that is what it is, and perhaps says what to do.
    pub(super) fn new(path: &[String], line: u32, message: String, hint: Option<String>) -> Self {
        Self { path: path.to_vec(), line, message, hint, deprecated: false, nature: Nature::Wrong, kinds: Vec::new() }
    }

    /// Where it is, for people.
    pub(in crate::user_data) fn place(&self) -> String {
        if self.path.is_empty() { "the cloud-config".to_owned() } else { self.path.join(".") }
    }
}

/// Of the violations of several alternatives, those of the one that was most likely meant: whose first violation lies
/// deepest, or is not about the kind of the value itself. Where the kind fits none, all kinds that do.
pub(super) fn most_likely(alternatives: Vec<Vec<Violation>>, depth: usize) -> Vec<Violation> {
    let is_about_kind = |violations: &Vec<Violation>| {
        violations.iter().any(|violation| !violation.kinds.is_empty() && violation.path.len() == depth)
    };
    if alternatives.iter().all(is_about_kind) {
        let mut kinds: Vec<String> = Vec::new();
        let mut first = None;
        for violation in alternatives.into_iter().flatten().filter(|violation| !violation.kinds.is_empty()) {
            kinds.extend(violation.kinds.iter().filter(|kind| !kinds.contains(kind)).cloned().collect::<Vec<_>>());
            first.get_or_insert(violation);
        }
        return first.map(|first| first.with_kinds(kinds)).into_iter().collect();
    }
    let deepest = |violations: &Vec<Violation>| violations.iter().map(|violation| violation.path.len()).max();
    // The first of equals: the schema's authors put the usual form first.
    let chosen = alternatives.into_iter().filter(|violations| !is_about_kind(violations)).reduce(|best, other| {
        if (deepest(&other), std::cmp::Reverse(other.len())) > (deepest(&best), std::cmp::Reverse(best.len())) {
            other
        } else {
            best
        }
    });
    chosen.unwrap_or_default()
}

impl Violation {
    /// A value that is not of one of these kinds.
    pub(super) fn of_kind(path: &[String], node: &Node, kinds: Vec<String>) -> Self {
        let message = format!("it is {}", node.value.kind());
        let nature = match &node.value {
            YamlValue::Int(_) | YamlValue::Float(_) | YamlValue::Bool(_) | YamlValue::Timestamp(_) => Nature::Scalar,
            YamlValue::Text { text, .. }
                if says_yes_or_no(text) && kinds.iter().any(|kind| kind == "true or false") =>
            {
                Nature::Truth
            }
            _ => Nature::Wrong,
        };
        Self { nature, ..Self::new(path, node.line, message, None) }.with_kinds(kinds)
    }

    fn with_kinds(mut self, kinds: Vec<String>) -> Self {
        self.hint = Some(format!("allowed is {}", kinds.join(" or ")));
        self.kinds = kinds;
        self
    }
}
