use std::collections::{BTreeMap, BTreeSet};

use super::expression_walk::visit_children;
use crate::classad::{Base, Binary, ClassAd, Expression, Name, Node, Scope, Value, evaluate, references_in};

/// Attributes that jobs read of slots, in lower case, with the texts in lower case that they are compared with by `==`
/// and its like. None: they are read in other ways as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AttributeUse(BTreeMap<String, Option<BTreeSet<String>>>);

impl AttributeUse {
    /// Returns the attributes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Option<BTreeSet<String>>)> {
        self.0.iter()
    }

    /// Takes note that an attribute is read in any way.
    pub(super) fn add_any(&mut self, lower: &str) -> bool {
        match self.0.get_mut(lower) {
            Some(None) => false,
            Some(texts) => texts.take().is_some(),
            None => self.0.insert(lower.to_owned(), None).is_none(),
        }
    }

    /// Takes note that an attribute is compared, with a text or with what no text equals.
    fn add_compared(&mut self, lower: &str, text: Option<String>) -> bool {
        let new = !self.0.contains_key(lower);
        let texts = self.0.entry(lower.to_owned()).or_insert_with(|| Some(BTreeSet::new()));
        let grown = texts.as_mut().zip(text).is_some_and(|(texts, text)| texts.insert(text));
        new || grown
    }

    /// Adds another's. Tells whether that adds anything.
    pub(super) fn merge(&mut self, other: &AttributeUse) -> bool {
        let mut grown = false;
        for (name, texts) in &other.0 {
            match texts {
                None => grown |= self.add_any(name),
                Some(texts) => {
                    grown |= self.add_compared(name, None);
                    for text in texts {
                        grown |= self.add_compared(name, Some(text.clone()));
                    }
                }
            }
        }
        grown
    }

    /// Looks at an expression of a job, also through other attributes of the job. `seen` has those that were followed.
    pub(super) fn follow(&mut self, expression: &Expression, job: &ClassAd, seen: &mut BTreeSet<String>, now: i64) {
        let mut pending = vec![expression.clone()];
        while let Some(expression) = pending.pop() {
            let Expression::Node(node) = &expression else { continue };
            match &**node {
                Node::Chain { first, rest } => match &**rest {
                    [(Binary::Equal | Binary::NotEqual | Binary::Is | Binary::Isnt, second)]
                        if self.compare(first, second, job, now) || self.compare(second, first, job, now) =>
                    {
                        pending
                            .extend([first, second].into_iter().filter(|side| foreign(side, job).is_none()).cloned());
                    }
                    _ => visit_children(node, &mut |child| pending.push(child.clone())),
                },
                Node::Reference { name, .. } => {
                    if let Some(lower) = foreign(&expression, job) {
                        self.add_any(&lower);
                    } else if let Some(own) = job.get(name).filter(|_| seen.insert(name.lower().to_owned())) {
                        pending.push(own.clone());
                    }
                    visit_children(node, &mut |child| pending.push(child.clone()));
                }
                _ => visit_children(node, &mut |child| pending.push(child.clone())),
            }
        }
    }

    /// Takes note of a comparison of a slot's attribute with what the job alone determines. Tells whether it is one.
    fn compare(&mut self, attribute: &Expression, with: &Expression, job: &ClassAd, now: i64) -> bool {
        let Some(lower) = foreign(attribute, job) else { return false };
        let references = references_in(with, job);
        let own = |name: &String| job.get(&Name::new(name)).is_some();
        if !references.target.is_empty() || !references.bare.iter().all(own) {
            return false;
        }
        let evaluation = evaluate(with, Scope::new(job, None, now));
        match (evaluation.unknown, evaluation.value) {
            (Some(_), _) => return false,
            (None, Value::String(text)) => self.add_compared(&lower, Some(text.to_lowercase())),
            (None, _) => self.add_compared(&lower, None),
        };
        true
    }
}

/// Returns the name of the slot's attribute that an expression is.
fn foreign(expression: &Expression, job: &ClassAd) -> Option<String> {
    let Expression::Node(node) = expression.without_parentheses() else { return None };
    match &**node {
        Node::Reference { base: Base::Scope, name } => {
            let own = job.get(name).is_some() || matches!(name.lower(), "my" | "target" | "currenttime");
            (!own).then(|| name.lower().to_owned())
        }
        Node::Reference { base: Base::Of(of), name } => {
            let Expression::Node(of) = of.without_parentheses() else { return None };
            let target = matches!(&**of, Node::Reference { base: Base::Scope, name }
                if matches!(name.lower(), "target" | "other"));
            target.then(|| name.lower().to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compared_attributes_are_told_from_others() {
        let job = ClassAd::from_long_text(
            "FileSystemDomain = \"Submit\"\nNeeds = TARGET.Level > 2\n\
             Requirements = (TARGET.FileSystemDomain == MY.FileSystemDomain || TARGET.HasFileTransfer) && Needs && \
             (TARGET.Machine) =?= \"h1\" && regexp(\"h\", TARGET.Name) && Site == strcat(\"a\", \"b\")",
        )
        .unwrap();
        let mut found = AttributeUse::default();
        found.follow(job.attribute("Requirements").unwrap(), &job, &mut BTreeSet::new(), 0);
        let text = |name: &str| found.0[name].as_ref().map(|texts| texts.iter().cloned().collect::<Vec<_>>().join(" "));
        assert_eq!(text("filesystemdomain").as_deref(), Some("submit"));
        assert_eq!((text("machine").as_deref(), text("site").as_deref()), (Some("h1"), Some("ab")));
        let any: Vec<_> = found.iter().filter(|(_, texts)| texts.is_none()).map(|(name, _)| name.as_str()).collect();
        assert_eq!(any, ["hasfiletransfer", "level", "name"]);
    }

    #[test]
    fn an_attribute_that_is_read_in_another_way_stays_so() {
        let mut found = AttributeUse::default();
        assert!(found.add_compared("site", Some("a".into())) && found.add_any("site"));
        assert!(!found.add_compared("site", Some("b".into())) && !found.add_any("site"));
        assert_eq!(found.0["site"], None);
    }
}
