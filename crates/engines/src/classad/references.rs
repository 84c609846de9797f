//! The attributes that an expression reads.

use std::collections::BTreeSet;

use super::expression::{Base, ClassAd, Expression, Node};
use super::name::{Name, Special};

/// The attributes that an expression reads, by their names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Attributes of the ad itself, `MY.Name`.
    pub my: BTreeSet<String>,
    /// Attributes of the other ad, `TARGET.Name`.
    pub target: BTreeSet<String>,
    /// Attributes of the ad itself or, if it has none of the name, of the other one: `Name`.
    pub bare: BTreeSet<String>,
}

/// Which ad an expression names.
fn side_of(expression: &Expression) -> Special {
    if let Expression::Node(node) = expression.without_parentheses()
        && let Node::Reference { base: Base::Scope, name } = &**node
    {
        return name.special();
    }
    Special::No
}

impl References {
    fn add(&mut self, expression: &Expression, visit: &mut dyn FnMut(&Name)) {
        let Expression::Node(node) = expression else { return };
        match &**node {
            Node::Reference { base: Base::Of(of), name } => match side_of(of) {
                Special::Own => {
                    self.my.insert(name.lower().to_owned());
                    visit(name);
                }
                Special::Other => {
                    self.target.insert(name.lower().to_owned());
                }
                _ => self.add(of, visit),
            },
            Node::Reference { name, .. } => {
                if matches!(name.special(), Special::No | Special::Ad) {
                    self.bare.insert(name.lower().to_owned());
                    visit(name);
                }
            }
            Node::Unary(_, operand) | Node::Parenthesis(operand) => self.add(operand, visit),
            Node::Chain { first, rest } => {
                self.add(first, visit);
                for (_, operand) in rest {
                    self.add(operand, visit);
                }
            }
            Node::Conditional { condition, yes, no } => {
                for part in [condition, yes, no] {
                    self.add(part, visit);
                }
            }
            Node::Default { value, otherwise } => {
                self.add(value, visit);
                self.add(otherwise, visit);
            }
            Node::Subscript { value, index } => {
                self.add(value, visit);
                self.add(index, visit);
            }
            Node::Call { arguments, .. } => arguments.iter().for_each(|argument| self.add(argument, visit)),
            Node::List(items) => items.iter().for_each(|item| self.add(item, visit)),
            Node::Ad(ad) => ad.iter().for_each(|(_, expression)| self.add(expression, visit)),
            Node::LocalTime(_) => {}
        }
    }
}

/// Gives the attributes that an expression names.
#[must_use]
pub fn references(expression: &Expression) -> References {
    let mut references = References::default();
    references.add(expression, &mut |_| {});
    references
}

/// Gives the attributes that an expression of an ad names, and those that the attributes of the ad among them name in
/// turn.
#[must_use]
pub fn references_in(expression: &Expression, ad: &ClassAd) -> References {
    let mut references = References::default();
    let mut pending = vec![expression.clone()];
    let mut seen = BTreeSet::new();
    while let Some(expression) = pending.pop() {
        references.add(&expression, &mut |name| {
            if seen.insert(name.lower().to_owned()) {
                pending.extend(ad.get(name).cloned());
            }
        });
    }
    references
}

#[cfg(test)]
mod tests {
    use super::super::parser::parse_expression;
    use super::{ClassAd, Name, references, references_in};

    fn joined(names: &std::collections::BTreeSet<String>) -> String {
        names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_told_apart_by_the_ad_that_they_belong_to() {
        let found =
            references(&parse_expression("TARGET.Memory >= RequestMemory && (MY).Owner == f(x.y, {Z})").unwrap());
        assert_eq!(joined(&found.target), "memory");
        assert_eq!(joined(&found.my), "owner");
        assert_eq!(joined(&found.bare), "requestmemory x z");
    }

    #[test]
    fn attributes_are_followed_in_the_ad() {
        let mut ad = ClassAd::new();
        ad.insert(Name::new("RequestDisk"), parse_expression("DiskUsage + TARGET.Spare").unwrap());
        ad.insert(Name::new("DiskUsage"), parse_expression("RequestDisk").unwrap());
        let found = references_in(&parse_expression("TARGET.Disk >= RequestDisk").unwrap(), &ad);
        assert_eq!(joined(&found.target), "disk spare");
        assert_eq!(joined(&found.bare), "diskusage requestdisk");
    }
}
