//! Ads that are made and read in Rust: values of constant attributes.

use super::expression::{ClassAd, Expression};
use super::literal::Literal;
use super::name::Name;
use super::number::to_f64;

impl ClassAd {
    /// Returns the ad with one more attribute, which takes the place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Expression>) -> Self {
        self.insert(Name::new(name), value.into());
        self
    }

    /// Returns the constant that an attribute is.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<&Literal> {
        match self.attribute(name)? {
            Expression::Literal(literal) => Some(literal),
            Expression::Node(_) => None,
        }
    }

    /// Returns the text that an attribute is; `None` if it is anything else.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        if let Literal::String(text) = self.constant(name)? { Some(text) } else { None }
    }

    /// Returns the whole number that an attribute is; `None` if it is anything else.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        if let Literal::Integer(number) = self.constant(name)? { Some(*number) } else { None }
    }

    /// Returns the number that an attribute is, whole or not; `None` if it is anything else.
    #[must_use]
    pub fn real(&self, name: &str) -> Option<f64> {
        match self.constant(name)? {
            Literal::Integer(number) => Some(to_f64(*number)),
            Literal::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether an attribute is `true`.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.constant(name) == Some(&Literal::Boolean(true))
    }
}

impl From<Literal> for Expression {
    fn from(literal: Literal) -> Self {
        Self::Literal(literal)
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        Self::text(&text)
    }
}

impl From<bool> for Expression {
    fn from(value: bool) -> Self {
        Self::Literal(Literal::Boolean(value))
    }
}

impl From<i64> for Expression {
    fn from(number: i64) -> Self {
        Self::Literal(Literal::Integer(number))
    }
}

impl From<u32> for Expression {
    fn from(number: u32) -> Self {
        Self::from(i64::from(number))
    }
}

impl From<f64> for Expression {
    fn from(number: f64) -> Self {
        Self::Literal(Literal::Real(number))
    }
}

impl<T: Into<Expression>> From<Option<T>> for Expression {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Literal(Literal::Undefined), Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::{ClassAd, Expression};

    #[test]
    fn constants_are_read_by_their_type() {
        let none: Option<i64> = None;
        let ad = ClassAd::new().with("A", "x").with("a", 1_u32).with("B", 0.5).with("C", true).with("D", none);
        assert_eq!((ad.len(), ad.int("A"), ad.real("A"), ad.text("A")), (4, Some(1), Some(1.0), None));
        assert_eq!((ad.real("B"), ad.int("B"), ad.is_true("C"), ad.is_true("A")), (Some(0.5), None, true, false));
        assert_eq!(ad.attribute("D").map(Expression::to_string).as_deref(), Some("undefined"));
    }
}
