use std::collections::HashSet;

use crate::classad::{Base, Binary, ClassAd, Expression, Name, Node, references_in};

use super::resources::Resources;

/// The attribute by which a slot says that a request fits in what is left. Its amounts are reckoned, not evaluated.
const LIMITS: &str = "withinresourcelimits";

/// Functions whose value depends on the time.
const CLOCKS: [&str; 5] = ["time", "formattime", "abstime", "splittime", "daycount"];

/// What an expression of an ad reads, also through other attributes of the ad.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// Attributes in lower case, of whichever ad.
    pub(super) names: HashSet<String>,
    /// Whether it reads the amount of a resource.
    pub(super) amounts: bool,
    /// Whether its value depends on the time.
    pub(super) timed: bool,
}

impl Reach {
    /// Follows an expression of a slot, except into [`LIMITS`].
    pub(super) fn follow(&mut self, expression: &Expression, slot: &ClassAd, resources: &Resources) {
        let mut pending = vec![expression.clone()];
        while let Some(expression) = pending.pop() {
            visit(&expression, &mut |node| {
                self.timed |= reads_clock(node);
                let Node::Reference { base, name } = node else { return };
                if name.lower() == LIMITS || matches!(name.lower(), "my" | "self" | "target" | "other") {
                    return;
                }
                // An attribute of the other ad may have the name of one of ours: then we know too much, which is safe.
                let other = matches!(base, Base::Of(of) if is_target(of));
                if !other && resources.contains(name.lower()) {
                    self.amounts = true;
                } else if !other && self.names.insert(name.lower().to_owned()) {
                    pending.extend(slot.get(name).cloned());
                }
            });
        }
    }
}

fn is_target(expression: &Expression) -> bool {
    matches!(expression.without_parentheses(), Expression::Node(node)
        if matches!(&**node, Node::Reference { name, .. } if matches!(name.lower(), "target" | "other")))
}

/// Tells whether a node reads the clock.
pub(super) fn reads_clock(node: &Node) -> bool {
    match node {
        Node::Reference { name, .. } => name.lower() == "currenttime",
        Node::Call { name, .. } => CLOCKS.iter().any(|clock| name.eq_ignore_ascii_case(clock)),
        _ => false,
    }
}

/// Calls back for every node of an expression.
pub(super) fn visit(expression: &Expression, see: &mut dyn FnMut(&Node)) {
    if let Expression::Node(node) = expression {
        see(node);
        visit_children(node, &mut |child| visit(child, see));
    }
}

/// Calls back for every expression that a node is made of.
pub(super) fn visit_children(node: &Node, see: &mut dyn FnMut(&Expression)) {
    match node {
        Node::Reference { base: Base::Of(of), .. } => see(of),
        Node::Reference { .. } | Node::LocalTime(_) => {}
        Node::Unary(_, operand) | Node::Parenthesis(operand) => see(operand),
        Node::Chain { first, rest } => {
            see(first);
            rest.iter().for_each(|(_, operand)| see(operand));
        }
        Node::Conditional { condition, yes, no } => [condition, yes, no].into_iter().for_each(see),
        Node::Default { value, otherwise } => [value, otherwise].into_iter().for_each(see),
        Node::Subscript { value, index } => [value, index].into_iter().for_each(see),
        Node::Call { arguments, .. } => arguments.iter().for_each(see),
        Node::List(items) => items.iter().for_each(see),
        Node::Ad(ad) => ad.iter().for_each(|(_, expression)| see(expression)),
    }
}

/// Tells whether a job's requirement, true for some amounts, stays true for larger ones: it reads amounts in
/// comparisons like `TARGET.Memory >= RequestMemory` alone, which are joined by `&&` and `||`.
pub(super) fn wants_at_least(requirement: &Expression, job: &ClassAd, resources: &Resources) -> bool {
    let reads = |expression: &Expression| {
        let references = references_in(expression, job);
        let own = |name: &String| job.get(&Name::new(name)).is_some();
        references.target.iter().any(|name| resources.contains(name))
            || references.bare.iter().any(|name| !own(name) && resources.contains(name))
    };
    if !reads(requirement) {
        return true;
    }
    let Expression::Node(node) = requirement.without_parentheses() else { return true };
    let Node::Chain { first, rest } = &**node else { return false };
    if rest.iter().all(|(operator, _)| *operator == Binary::And)
        || rest.iter().all(|(operator, _)| *operator == Binary::Or)
    {
        let operands = std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand));
        return operands.into_iter().all(|operand| wants_at_least(operand, job, resources));
    }
    let [(operator, second)] = &**rest else { return false };
    match operator {
        Binary::GreaterOrEqual | Binary::Greater => is_amount(first, job, resources) && !reads(second),
        Binary::LessOrEqual | Binary::Less => is_amount(second, job, resources) && !reads(first),
        _ => false,
    }
}

/// Tells whether an expression is the amount of a resource of the other ad.
fn is_amount(expression: &Expression, job: &ClassAd, resources: &Resources) -> bool {
    let Expression::Node(node) = expression.without_parentheses() else { return false };
    match &**node {
        Node::Reference { base: Base::Of(of), name } => is_target(of) && resources.contains(name.lower()),
        Node::Reference { base: Base::Scope, name } => job.get(name).is_none() && resources.contains(name.lower()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classad::parse_expression;

    fn at_least(text: &str) -> bool {
        let job = ClassAd::from_long_text("RequestMemory = 100\nRequestDisk = TARGET.Disk / 2").unwrap();
        wants_at_least(&parse_expression(text).unwrap(), &job, &Resources::default())
    }

    #[test]
    fn what_condor_submit_writes_wants_at_least() {
        assert!(at_least(
            "(TARGET.Arch == \"X86_64\") && (TARGET.Memory >= RequestMemory) && \
             (versionGE(split(TARGET.CondorVersion)[1], \"25.12.0\") || (TARGET.Disk >= 1024))"
        ));
        assert!(at_least("RequestMemory <= Memory && TARGET.TotalCpus == 8"));
    }

    #[test]
    fn other_uses_of_amounts_do_not() {
        for text in ["TARGET.Cpus == 8", "TARGET.Memory < 4000", "!(TARGET.Cpus >= 2)", "TARGET.Disk >= RequestDisk"] {
            assert!(!at_least(text), "{text}");
        }
    }

    #[test]
    fn a_slot_is_followed_but_not_into_its_limits() {
        let slot = ClassAd::from_long_text(
            "Start = Owner is undefined && time() > Since\nSince = 5\nWithinResourceLimits = TARGET.R <= MY.Cpus",
        )
        .unwrap();
        let mut reach = Reach::default();
        let requirement = parse_expression("START && WithinResourceLimits && TARGET.Cpus > 1").unwrap();
        reach.follow(&requirement, &slot, &Resources::default());
        let mut names: Vec<_> = reach.names.iter().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!((names, reach.amounts, reach.timed), (vec!["owner", "since", "start"], false, true));
    }
}
