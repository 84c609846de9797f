//! Which part of a requirement fails.

use super::evaluation::{Evaluation, evaluate, evaluate_in_turn};
use super::evaluator::Missing;
use super::expression::{Base, ClassAd, Expression, Node};
use super::name::Name;
use super::operator::Binary;
use super::references::{References, references};
use super::scope::Scope;

/// A part of a requirement that is not true, and what it read.
#[derive(Clone, Debug)]
pub struct FailedClause {
    /// The part as HTCondor prints it.
    pub text: String,
    /// What it evaluates to.
    pub evaluation: Evaluation,
    /// The attributes that it names, as in `TARGET.Memory`, with their values.
    pub attributes: Vec<(String, Evaluation)>,
    /// The attributes that it needs and no ad has, also through others.
    pub missing: Vec<Missing>,
}

/// Gives the parts of a requirement that must all be true, in their order: what `&&` joins, through parentheses.
#[must_use]
pub fn clauses(requirements: &Expression) -> Vec<&Expression> {
    let mut clauses = Vec::new();
    let mut pending = vec![requirements];
    while let Some(expression) = pending.pop() {
        if let Expression::Node(node) = expression.without_parentheses()
            && let Node::Chain { first, rest } = &**node
            && rest.iter().all(|(operator, _)| *operator == Binary::And)
        {
            pending.extend(rest.iter().rev().map(|(_, operand)| operand));
            pending.push(first);
        } else {
            clauses.push(expression);
        }
    }
    clauses
}

fn attributes(clause: &Expression, scope: Scope<'_>) -> Vec<(String, Evaluation)> {
    let References { my, target, bare } = references(clause);
    let of = |side: &str, name: &str| {
        let side = Node::Reference { base: Base::Scope, name: Name::new(side) }.into();
        Expression::from(Node::Reference { base: Base::Of(side), name: Name::new(name) })
    };
    let spelled = |name: &str, own: bool| {
        let ads = if own { [Some(scope.my), scope.target] } else { [scope.target, Some(scope.my)] };
        let mut spellings = ads.into_iter().flatten().flat_map(ClassAd::iter).map(|(name, _)| name);
        spellings.find(|spelling| spelling.lower() == name).map_or_else(|| name.to_owned(), ToString::to_string)
    };
    let target = target.iter().map(|name| (format!("TARGET.{}", spelled(name, false)), of("TARGET", name)));
    let my = my.iter().map(|name| (format!("MY.{}", spelled(name, true)), of("MY", name)));
    let bare = bare.iter().map(|name| {
        let reference = Node::Reference { base: Base::Scope, name: Name::new(name) };
        (spelled(name, true), reference.into())
    });
    let all = target.chain(my).chain(bare);
    all.map(|(text, reference)| (text, evaluate(&reference, scope))).collect()
}

/// Gives the first part of a requirement that is not true, and what it read. `None` if all are true.
///
/// A part that is unknown counts as failing only if no other part fails for sure.
#[must_use]
pub fn first_failing_clause(requirements: &Expression, scope: Scope<'_>) -> Option<FailedClause> {
    let parts = evaluate_in_turn(clauses(requirements), scope);
    let failing: Vec<_> = parts.into_iter().filter(|(_, evaluation, _)| !evaluation.is_true()).collect();
    let known = failing.iter().position(|(_, evaluation, _)| evaluation.unknown.is_none());
    let (clause, evaluation, missing) = failing.into_iter().nth(known.unwrap_or(0))?;
    Some(FailedClause {
        text: clause.without_parentheses().to_string(),
        evaluation,
        attributes: attributes(clause, scope),
        missing,
    })
}
