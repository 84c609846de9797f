//! The parsed form of an expression, and the ad that holds expressions.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use super::function::Function;
use super::literal::Literal;
use super::name::{Name, NameHasher, Special};
use super::operator::{Binary, Unary};

/// An expression. Cloning is cheap.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A constant.
    Literal(Literal),
    /// Anything else.
    Node(Arc<Node>),
}

/// Where an attribute's name is looked up.
#[derive(Clone, Debug, PartialEq)]
pub enum Base {
    /// `name`: in the ad, in those around it, and in the other ad of the match.
    Scope,
    /// `.name`: in the outermost ad.
    Root,
    /// `expression.name`: in an ad that is the expression's value.
    Of(Expression),
}

/// An expression that is no constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// An attribute.
    Reference {
        /// Where it is looked up.
        base: Base,
        /// Its name.
        name: Name,
    },
    /// An operator before its operand.
    Unary(Unary, Expression),
    /// Operators of one precedence, which associate to the left: `a - b + c`.
    Chain {
        /// The leftmost operand.
        first: Expression,
        /// Each further operator with the operand at its right. Never empty.
        rest: Box<[(Binary, Expression)]>,
    },
    /// `condition ? yes : no`.
    Conditional {
        /// What decides.
        condition: Expression,
        /// The value if it is true.
        yes: Expression,
        /// The value if it is false.
        no: Expression,
    },
    /// `value ?: otherwise`.
    Default {
        /// The value unless it is undefined.
        value: Expression,
        /// The value then.
        otherwise: Expression,
    },
    /// `value[index]`.
    Subscript {
        /// A list or an ad.
        value: Expression,
        /// A whole number or a name.
        index: Expression,
    },
    /// `name(argument, …)`.
    Call {
        /// The name as it was written.
        name: Arc<str>,
        /// The function of this name; `None` if there is none.
        function: Option<Function>,
        /// The arguments.
        arguments: Box<[Expression]>,
    },
    /// `absTime("…")` without a time zone, which is the evaluator's.
    LocalTime(Arc<str>),
    /// `{item, …}`.
    List(Arc<[Expression]>),
    /// `[name = expression; …]`.
    Ad(Arc<ClassAd>),
    /// `(expression)`.
    Parenthesis(Expression),
}

impl Expression {
    /// Makes an expression that is a text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Literal(Literal::String(text.into()))
    }

    /// Takes off the parentheses around the whole expression.
    #[must_use]
    pub fn without_parentheses(&self) -> &Self {
        let mut inner = self;
        while let Self::Node(node) = inner
            && let Node::Parenthesis(content) = &**node
        {
            inner = content;
        }
        inner
    }
}

impl From<Node> for Expression {
    fn from(node: Node) -> Self {
        Self::Node(Arc::new(node))
    }
}

/// A ClassAd: expressions by name. Names are told apart without regard to case.
#[derive(Clone, Debug, Default)]
pub struct ClassAd {
    entries: Vec<(Name, Expression)>,
    positions: HashMap<Name, usize, BuildHasherDefault<NameHasher>>,
    /// Whether an attribute has a name that a scope has as well, like `TARGET`.
    shadows_scopes: bool,
}

impl ClassAd {
    /// Makes an ad without attributes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives an attribute an expression, in place of the one that it had.
    pub fn insert(&mut self, name: Name, expression: Expression) {
        self.shadows_scopes |= name.special() != Special::No;
        if let Some(position) = self.positions.get(&name) {
            if let Some(entry) = self.entries.get_mut(*position) {
                entry.1 = expression;
            }
            return;
        }
        self.positions.insert(name.clone(), self.entries.len());
        self.entries.push((name, expression));
    }

    /// Gives an attribute's expression.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<&Expression> {
        self.positions.get(name).and_then(|position| self.entries.get(*position)).map(|entry| &entry.1)
    }

    /// Gives an attribute's expression, found by a text.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Expression> {
        self.get(&Name::new(name))
    }

    /// Gives the attributes in the order of their insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Expression)> {
        self.entries.iter().map(|(name, expression)| (name, expression))
    }

    /// The number of attributes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn shadows_scopes(&self) -> bool {
        self.shadows_scopes
    }

    /// Gives the attributes as HTCondor orders them: by the length of the name, then by the name.
    pub(super) fn sorted(&self) -> Vec<(&Name, &Expression)> {
        let mut attributes: Vec<_> = self.iter().collect();
        attributes.sort_by(|(left, _), (right, _)| {
            left.lower().len().cmp(&right.lower().len()).then_with(|| left.lower().cmp(right.lower()))
        });
        attributes
    }
}

impl PartialEq for ClassAd {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, expression)| other.get(name) == Some(expression))
    }
}

impl FromIterator<(Name, Expression)> for ClassAd {
    fn from_iter<I: IntoIterator<Item = (Name, Expression)>>(attributes: I) -> Self {
        let mut ad = Self::new();
        for (name, expression) in attributes {
            ad.insert(name, expression);
        }
        ad
    }
}

#[cfg(test)]
mod tests {
    use super::{ClassAd, Expression, Literal, Name};

    #[test]
    fn a_later_value_takes_the_place_of_the_first_under_the_first_spelling() {
        let mut ad = ClassAd::new();
        ad.insert(Name::new("Memory"), Expression::Literal(Literal::Integer(1)));
        ad.insert(Name::new("MEMORY"), Expression::Literal(Literal::Integer(2)));
        assert_eq!(ad.len(), 1);
        assert_eq!(ad.attribute("memory"), Some(&Expression::Literal(Literal::Integer(2))));
        assert_eq!(ad.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Memory"]);
    }
}
