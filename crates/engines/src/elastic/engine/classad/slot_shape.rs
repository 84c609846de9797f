use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::expression_walk::Reach;
use super::resources::Resources;
use super::significance::{Seen, Significance};
use crate::classad::{ClassAd, Expression, Literal};

/// What slots have in common that are alike in all that matters for a match, amounts apart.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// The ad of one of them with more of every resource than any job asks for.
    pub(super) ad: Arc<ClassAd>,
    /// Whether their requirements depend on amounts in other ways than that they suffice.
    pub(super) exact: bool,
    /// Whether their requirements depend on the time.
    pub(super) timed: bool,
}

impl Shape {
    /// Makes the shape of a slot.
    pub(super) fn new(slot: &ClassAd, resources: &Resources) -> Shape {
        let mut reach = Reach::default();
        for name in ["Requirements", "Start"] {
            if let Some(expression) = slot.attribute(name) {
                reach.follow(expression, slot, resources);
            }
        }
        Shape { ad: Arc::new(resources.unlimited(slot)), exact: reach.amounts, timed: reach.timed }
    }

    /// Tells whether a slot has the shape.
    pub(super) fn is_of(&self, slot: &ClassAd, significance: &Significance) -> bool {
        significance.view(&self.ad).eq(significance.view(slot))
    }
}

/// Hashes what tells shapes apart, expressions that are no constants apart.
pub(super) fn shape_hash(slot: &ClassAd, significance: &Significance) -> u64 {
    let mut hasher = DefaultHasher::new();
    for seen in significance.view(slot) {
        match seen {
            Seen::Absent => 0_u8.hash(&mut hasher),
            Seen::OtherText => 1_u8.hash(&mut hasher),
            Seen::As(Expression::Node(_)) => 2_u8.hash(&mut hasher),
            Seen::As(Expression::Literal(literal)) => match literal {
                Literal::Boolean(value) => (3_u8, value).hash(&mut hasher),
                Literal::Integer(value) => (4_u8, value).hash(&mut hasher),
                Literal::Real(value) => (5_u8, value.to_bits()).hash(&mut hasher),
                Literal::String(text) => (6_u8, text).hash(&mut hasher),
                _ => 7_u8.hash(&mut hasher),
            },
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::attribute_use::AttributeUse;
    use super::*;

    #[test]
    fn amounts_do_not_tell_shapes_apart_and_significant_attributes_do() {
        let ad = |text: &str| ClassAd::from_long_text(text).unwrap();
        let mut uses = AttributeUse::default();
        uses.add_any("arch");
        let mut significance = Significance::default();
        significance.add(&uses, &Resources::default());
        let shape = Shape::new(&ad("Arch = \"a\"\nCpus = 4\nName = \"x\""), &Resources::default());
        let (like, other) = (ad("Arch = \"a\"\nCpus = 1"), ad("Arch = \"b\"\nCpus = 4"));
        assert!(shape.is_of(&like, &significance) && !shape.is_of(&other, &significance));
        assert_ne!(shape_hash(&like, &significance), shape_hash(&other, &significance));
    }

    #[test]
    fn a_slot_that_weighs_its_own_amounts_is_exact() {
        let ad = ClassAd::from_long_text("Cpus = 4\nStart = MY.Cpus > 2\nRequirements = START").unwrap();
        assert!(Shape::new(&ad, &Resources::default()).exact);
    }
}
