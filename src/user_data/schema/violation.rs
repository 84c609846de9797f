//! Violations of the schema.

use crate::yaml::{Node, YamlValue, says_yes_or_no};

/// The kind of a violation, which determines cloud-init's reaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::user_data) enum Nature {
    /// The value is not an allowed one.
    #[default]
    Wrong,
    /// The key is similar to a known one.
    Misspelt,
    /// The key is unlike all known ones.
    Unknown,
    /// A number, a date or another scalar in place of a string.
    Scalar,
    /// An empty list in place of one with entries.
    Empty,
    /// A string for yes or no in place of true or false.
    Truth,
}

/// A violation of the schema. Contains no values, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::user_data) struct Violation {
    /// The path of keys and indexes: `users`, `1`, `sudo`.
    pub(in crate::user_data) path: Vec<String>,
    /// The line, from 1.
    pub(in crate::user_data) line: u32,
    pub(in crate::user_data) message: String,
    pub(in crate::user_data) hint: Option<String>,
    /// Whether the setting is deprecated, but still works.
    pub(in crate::user_data) deprecated: bool,
    pub(in crate::user_data) nature: Nature,
    /// The allowed types, if the value has none of them.
    pub(super) kinds: Vec<String>,
}

impl Violation {
    /// Creates a violation with its message and, possibly, a hint.
    pub(super) fn new(path: &[String], line: u32, message: String, hint: Option<String>) -> Self {
        Self { path: path.to_vec(), line, message, hint, deprecated: false, nature: Nature::Wrong, kinds: Vec::new() }
    }

    /// Returns the path for messages.
    pub(in crate::user_data) fn place(&self) -> String {
        if self.path.is_empty() { "the cloud-config".to_owned() } else { self.path.join(".") }
    }
}

/// Selects, from the violations of several alternatives, those of the most likely one: its first violation is the
/// deepest, or does not concern the type of the value itself. If the type fits none, returns all allowed types.
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
    // The first one of equals: the schema's authors put the usual form first.
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
    /// Creates the violation for a value that has none of these types.
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
