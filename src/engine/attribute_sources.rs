//! The attributes that texts of a plan depend on, directly or through attributes and variables.

use std::collections::{HashSet, VecDeque};

use crate::plan::{LAUNCH_ATTRIBUTES, PlanIndex, Reference, Service, Text, is_always_first};

/// An attribute that a text depends on.
pub(super) struct AttributeSource {
    pub(super) service: String,
    pub(super) attribute: String,
    /// Whether its value is a text of the plan, whose own sources are listed, too.
    pub(super) is_text: bool,
}

impl AttributeSource {
    /// Returns the reference as plans write it.
    pub(super) fn written(&self) -> String {
        Reference::Service { service: self.service.clone(), attribute: self.attribute.clone() }.to_string()
    }
}

/// Returns all attributes that these texts of `reader` depend on, each once. An attribute for which `stops` is true
/// counts as a value, even if the plan has a text for it. Uses a queue instead of recursion: a chain may be as long as
/// the plan.
pub(super) fn of(
    index: &PlanIndex,
    reader: &Service,
    texts: Vec<Text>,
    stops: impl Fn(&str, &str) -> bool,
) -> Vec<AttributeSource> {
    let mut found = Vec::new();
    let mut seen: HashSet<Reference> = HashSet::new();
    // Each text with the service that `${.NAME}` in it refers to.
    let mut texts: VecDeque<(Text, Option<&Service>)> = texts.into_iter().map(|text| (text, Some(reader))).collect();
    while let Some((text, own)) = texts.pop_front() {
        for reference in text.references() {
            let (service, attribute) = match reference {
                Reference::Global(name) => {
                    if seen.insert(Reference::Global(name.clone())) {
                        let value = index.plan().variables.get(&name);
                        texts.extend(value.map(|value| (Text::new(value.as_str()), None)));
                    }
                    continue;
                }
                Reference::Own(attribute) => (own.map(|own| own.name.clone()), attribute),
                Reference::Service { service, attribute } => (Some(service), attribute),
            };
            let Some(of) = service.and_then(|service| index.service(&service)) else { continue };
            let key = Reference::Service { service: of.name.clone(), attribute: attribute.clone() };
            if !seen.insert(key) {
                continue;
            }
            let text = (!stops(&of.name, &attribute)).then(|| text_of(of, &attribute)).flatten();
            found.push(AttributeSource { service: of.name.clone(), attribute, is_text: text.is_some() });
            texts.extend(text.map(|text| (text, Some(of))));
        }
    }
    found
}

/// Returns the plan's text of an attribute, unless the run knows the value better.
fn text_of(service: &Service, attribute: &str) -> Option<Text> {
    let own = service.attributes.get(attribute).filter(|_| !is_always_first(attribute));
    let is_launch = LAUNCH_ATTRIBUTES.contains(&attribute);
    let setting = || service.settings.get(attribute).filter(|_| !is_launch).map(|text| Text::new(text.as_str()));
    own.cloned().or_else(setting)
}
