//! Evaluates an expression.

use super::context::{Context, Outcome};
use super::conversion::settled;
use super::evaluator::{Evaluator, Missing};
use super::expression::Expression;
use super::frame::{Frame, Side};
use super::scope::Scope;
use super::unknown::{Stop, Unknown};
use super::value::Value;

/// What an expression evaluates to, and how far that can be known.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The value. An error if HTCondor would give up, undefined if the value is unknown.
    pub value: Value,
    /// Why the value cannot be known here; `None` if `value` is what HTCondor would have.
    pub unknown: Option<Unknown>,
}

impl Evaluation {
    /// Whether the value is known and true as a condition.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.unknown.is_none() && self.value.is_true()
    }
}

fn finish(outcome: Outcome, evaluator: &Evaluator<'_>) -> Evaluation {
    match outcome {
        Ok(value) => Evaluation { value: settled(value, evaluator), unknown: None },
        Err(Stop::Failed) => Evaluation { value: Value::Error, unknown: None },
        Err(Stop::Unknown(unknown)) => Evaluation { value: Value::Undefined, unknown: Some(*unknown) },
    }
}

/// Evaluates an expression as HTCondor 23 to 25 do with `STRICT_CLASSAD_EVALUATION = False`, their default.
#[must_use]
pub fn evaluate(expression: &Expression, scope: Scope<'_>) -> Evaluation {
    let mut evaluator = Evaluator::new(scope);
    let outcome = evaluator.evaluate(expression, &Frame::Top(Side::My));
    finish(outcome, &evaluator)
}

/// Evaluates an expression and says which attributes it looked for that no ad has.
#[must_use]
pub fn evaluate_with_missing(expression: &Expression, scope: Scope<'_>) -> (Evaluation, Vec<Missing>) {
    let mut evaluator = Evaluator::new(scope).recording();
    turn(expression, &mut evaluator)
}

fn turn(expression: &Expression, evaluator: &mut Evaluator<'_>) -> (Evaluation, Vec<Missing>) {
    let outcome = evaluator.evaluate(expression, &Frame::Top(Side::My));
    (finish(outcome, evaluator), evaluator.take_missing())
}

/// Evaluates the parts of an expression one after the other, as the whole would be.
pub(super) fn evaluate_in_turn<'a>(
    parts: impl IntoIterator<Item = &'a Expression>,
    scope: Scope<'_>,
) -> Vec<(&'a Expression, Evaluation, Vec<Missing>)> {
    let mut evaluator = Evaluator::new(scope).recording();
    let evaluated = parts.into_iter().map(|part| {
        let (evaluation, missing) = turn(part, &mut evaluator);
        (part, evaluation, missing)
    });
    evaluated.collect()
}
