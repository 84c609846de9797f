//! Variables that a handlebars template reads, to be given for rendering.

use std::collections::{BTreeSet, HashMap};

use handlebars::Template;
use handlebars::template::{DecoratorTemplate, HelperTemplate, Parameter, TemplateElement};

/// Names that a template reads from its values, and the partials that read the same values.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    names: BTreeSet<String>,
    /// Partials, each with the names passed at its inclusion.
    partials: Vec<(String, BTreeSet<String>)>,
}

impl Reads {
    pub(super) fn of(template: &Template) -> Self {
        let mut reads = Self::default();
        reads.template(template, 0);
        reads
    }

    /// Returns the names that the template `of` reads, those of its partials included.
    pub(super) fn all(templates: &HashMap<String, Self>, of: &str) -> BTreeSet<String> {
        Self::collect(templates, of, &mut HashMap::new())
    }

    /// Does the same, visiting each template once however often it is included.
    fn collect<'a>(
        templates: &'a HashMap<String, Self>,
        of: &'a str,
        known: &mut HashMap<&'a str, BTreeSet<String>>,
    ) -> BTreeSet<String> {
        if let Some(names) = known.get(of) {
            return names.clone();
        }
        let Some(reads) = templates.get(of) else { return BTreeSet::new() };
        known.insert(of, BTreeSet::new());
        let mut names = reads.names.clone();
        for (partial, given) in &reads.partials {
            let inner = Self::collect(templates, partial, known);
            names.extend(inner.into_iter().filter(|name| !given.contains(name)));
        }
        known.insert(of, names.clone());
        names
    }

    /// Collects the names; `depth` is the number of enclosing `{{#each}}` and `{{#with}}`, in which a name refers to
    /// other values.
    fn template(&mut self, template: &Template, depth: usize) {
        template.elements.iter().for_each(|element| self.element(element, depth));
    }

    fn element(&mut self, element: &TemplateElement, depth: usize) {
        match element {
            TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) => {
                if call.params.is_empty() && call.hash.is_empty() {
                    self.parameter(&call.name, depth);
                } else {
                    self.call(call, depth);
                }
            }
            TemplateElement::HelperBlock(call) => self.call(call, depth),
            TemplateElement::PartialExpression(partial) | TemplateElement::PartialBlock(partial) => {
                self.partial(partial, depth);
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &HelperTemplate, depth: usize) {
        call.params.iter().chain(call.hash.values()).for_each(|value| self.argument(value, depth));
        let enters = matches!(call.name.as_name(), Some("each" | "with"));
        if let Some(template) = &call.template {
            self.template(template, depth + usize::from(enters));
        }
        if let Some(template) = &call.inverse {
            self.template(template, depth);
        }
    }

    fn partial(&mut self, partial: &DecoratorTemplate, depth: usize) {
        partial.params.iter().chain(partial.hash.values()).for_each(|value| self.argument(value, depth));
        let name = match &partial.name {
            Parameter::Literal(serde_json::Value::String(name)) => Some(name.as_str()),
            name => name.as_name(),
        };
        if let Some(name) = name.filter(|name| depth == 0 && *name != "@partial-block") {
            self.partials.push((name.to_owned(), partial.hash.keys().cloned().collect()));
        }
        if let Some(template) = &partial.template {
            self.template(template, depth);
        }
    }

    fn argument(&mut self, value: &Parameter, depth: usize) {
        match value {
            Parameter::Path(_) => self.parameter(value, depth),
            Parameter::Subexpression(inner) => match inner.element.as_ref() {
                TemplateElement::Expression(call) => self.call(call, depth),
                other => self.element(other, depth),
            },
            _ => {}
        }
    }

    fn parameter(&mut self, value: &Parameter, depth: usize) {
        let name = value.as_name().and_then(|path| first_name(path, depth));
        self.names.extend(name.map(str::to_owned));
    }
}

/// Returns the first name of a path that refers to the outermost values, from within `depth` blocks.
fn first_name(path: &str, depth: usize) -> Option<&str> {
    let mut rest = path;
    let mut ups = 0;
    while let Some(upper) = rest.strip_prefix("../") {
        (rest, ups) = (upper, ups + 1);
    }
    if let Some(of_root) = rest.strip_prefix("@root.").or_else(|| rest.strip_prefix("@root/")) {
        (rest, ups) = (of_root, depth);
    }
    for own in ["./", "this.", "this/"] {
        rest = rest.strip_prefix(own).unwrap_or(rest);
    }
    let rest = rest.strip_prefix('[').unwrap_or(rest);
    let name = rest.split(['.', '/', '[', ']']).next().unwrap_or_default();
    (ups == depth && !name.is_empty() && name != "this" && !name.starts_with('@')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_outermost_values() {
        let text = "{{a}} {{json b.c}} {{#if (default d false)}}{{e}}{{else if f}}{{g}}{{else}}{{h}}{{/if}}\n\
                    {{#each i}}{{x}} {{this}} {{json this.y}} {{../j}} {{@index}} {{@root.k}} {{> in_each}}{{/each}}\n\
                    {{> p q=l r=1}} {{shell \"text\"}}";
        let names = |text: &str| Reads::of(&Template::compile(text).unwrap());
        let templates = HashMap::from([
            ("outer".to_owned(), names(text)),
            ("p".to_owned(), names("{{q}} {{r}} {{m}}")),
            ("in_each".to_owned(), names("{{n}}")),
        ]);
        let all = Reads::all(&templates, "outer").into_iter().collect::<String>();
        assert_eq!(all, "abdefghijklm");
    }
}
