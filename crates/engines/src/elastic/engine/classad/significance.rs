use std::collections::{BTreeSet, HashSet};

use super::attribute_use::AttributeUse;
use super::expression_walk::Reach;
use super::resources::Resources;
use crate::classad::{ClassAd, Expression, Literal, Name};

/// Number of expressions that are compared before their texts are.
const COMPARED: usize = 16;

/// What matters of a slot's attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen<'a> {
    /// The slot has none.
    Absent,
    /// A text that is none of those that it is compared with.
    OtherText,
    /// Its value or expression.
    As(&'a Expression),
}

/// The attributes of slots that matter for matches: what jobs and the slots' own requirements read, without the amounts
/// of resources.
#[derive(Clone, Debug)]
pub(super) struct Significance {
    uses: AttributeUse,
    /// Each with the texts in lower case that it is compared with, if that is all.
    names: Vec<(Name, Option<BTreeSet<String>>)>,
    /// Expressions of slots that have been followed: a few to compare with, and the texts of all others.
    followed: Vec<Expression>,
    texts: HashSet<String>,
}

impl Default for Significance {
    fn default() -> Significance {
        let mut uses = AttributeUse::default();
        uses.add_any("requirements");
        uses.add_any("start");
        let mut significance = Significance { uses, names: Vec::new(), followed: Vec::new(), texts: HashSet::new() };
        significance.list(&Resources::default());
        significance
    }
}

impl Significance {
    fn list(&mut self, resources: &Resources) {
        let names = self.uses.iter().filter(|(name, _)| !resources.contains(name));
        self.names = names.map(|(name, texts)| (Name::new(name), texts.clone())).collect();
    }

    /// Returns what matters of a slot, attribute by attribute.
    pub(super) fn view<'a>(&self, slot: &'a ClassAd) -> impl Iterator<Item = Seen<'a>> {
        self.names.iter().map(|(name, texts)| match (slot.get(name), texts) {
            (None, _) => Seen::Absent,
            (Some(Expression::Literal(Literal::String(text))), Some(texts))
                if !texts.contains(text.to_lowercase().as_str()) =>
            {
                Seen::OtherText
            }
            (Some(expression), _) => Seen::As(expression),
        })
    }

    /// Adds what jobs read. Tells whether that adds anything.
    pub(super) fn add(&mut self, reads: &AttributeUse, resources: &Resources) -> bool {
        let grown = self.uses.merge(reads);
        if grown {
            self.list(resources);
        }
        grown
    }

    /// Adds what a slot's significant attributes read in turn. Tells whether that adds anything.
    pub(super) fn follow(&mut self, slot: &ClassAd, resources: &Resources) -> bool {
        let mut reach = Reach::default();
        for (name, _) in &self.names {
            let Some(expression @ Expression::Node(_)) = slot.get(name) else { continue };
            if self.followed.contains(expression) {
                continue;
            }
            if self.followed.len() < COMPARED {
                self.followed.push(expression.clone());
            } else if !self.texts.insert(expression.to_string()) {
                continue;
            }
            reach.follow(expression, slot, resources);
        }
        let mut grown = false;
        for name in reach.names.iter().filter(|name| !resources.contains(name)) {
            grown |= self.uses.add_any(name);
        }
        if grown {
            self.list(resources);
        }
        grown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(text: &str) -> ClassAd {
        ClassAd::from_long_text(text).unwrap()
    }

    fn reads(job: &str) -> AttributeUse {
        let job = slot(job);
        let mut reads = AttributeUse::default();
        reads.follow(job.attribute("Requirements").unwrap(), &job, &mut BTreeSet::new(), 0);
        reads
    }

    #[test]
    fn what_an_expression_of_a_slot_reads_is_significant_too() {
        let resources = Resources::default();
        let mut significance = Significance::default();
        assert!(significance.add(&reads("Requirements = TARGET.Level > 1 && TARGET.Memory > 2"), &resources));
        let slot = slot("Level = Base + 1\nBase = Floor\nFloor = 2\nOther = Unread\nMemory = 3");
        assert!(significance.follow(&slot, &resources));
        let names: Vec<_> = significance.names.iter().map(|(name, _)| name.lower()).collect();
        assert_eq!(names, ["base", "floor", "level", "requirements", "start"]);
        assert!(!significance.follow(&slot, &resources));
    }

    #[test]
    fn texts_that_no_job_compares_with_are_alike() {
        let mut significance = Significance::default();
        let resources = Resources::default();
        significance.add(&reads("Requirements = TARGET.FileSystemDomain == \"Submit\""), &resources);
        let view = |domain: &str| {
            let slot = slot(&format!("FileSystemDomain = \"{domain}\""));
            significance.view(&slot).next().map(|seen| matches!(seen, Seen::As(_)))
        };
        assert_eq!([view("host1"), view("submit")], [Some(false), Some(true)]);
    }
}
