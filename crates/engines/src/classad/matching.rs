//! Whether two ads match.

use super::clause::first_failing_clause;
use super::evaluation::evaluate;
use super::expression::ClassAd;
use super::scope::Scope;
use super::unknown::Unknown;
use super::value::Value;

/// What a requirement says of the other ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It wants it.
    True,
    /// It does not want it: false, or an error.
    False,
    /// It is undefined, which HTCondor treats as false.
    Undefined,
    /// It cannot be known here.
    Unknown(Unknown),
}

/// Whether two ads match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchResult {
    /// What the left ad's `Requirements` say of the right one.
    pub left: Verdict,
    /// What the right ad's `Requirements` say of the left one.
    pub right: Verdict,
}

impl MatchResult {
    /// Whether the ads match: true if both want each other, false if one does not, `None` if that is not known.
    #[must_use]
    pub fn is_match(&self) -> Option<bool> {
        match (&self.left, &self.right) {
            (Verdict::True, Verdict::True) => Some(true),
            (Verdict::False | Verdict::Undefined, _) | (_, Verdict::False | Verdict::Undefined) => Some(false),
            _ => None,
        }
    }
}

fn verdict(scope: Scope<'_>) -> Verdict {
    let Some(requirements) = scope.my.attribute("Requirements") else { return Verdict::True };
    let evaluation = evaluate(requirements, scope);
    match (evaluation.unknown, evaluation.value) {
        // Another part that fails for sure decides, whatever the unknown one is.
        (Some(unknown), _) => match first_failing_clause(requirements, scope) {
            Some(clause) if clause.evaluation.unknown.is_none() => Verdict::False,
            _ => Verdict::Unknown(unknown),
        },
        (None, Value::Undefined) => Verdict::Undefined,
        (None, value) if value.is_true() => Verdict::True,
        (None, _) => Verdict::False,
    }
}

/// Says whether two ads match by the `Requirements` of both. An ad without any wants every other.
#[must_use]
pub fn matches(left: &ClassAd, right: &ClassAd, now: i64) -> MatchResult {
    MatchResult {
        left: verdict(Scope::new(left, Some(right), now)),
        right: verdict(Scope::new(right, Some(left), now)),
    }
}
