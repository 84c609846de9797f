//! Makes a parsed handlebars template strict: all its names are checked before anything is rendered.
//!
//! The handlebars crate treats a missing argument as null in `{{#if}}` and in a partial's arguments, writes lists as
//! `[object]`, and detects an unknown helper only when rendering it. So each `{{NAME}}` becomes a call of a helper that
//! accepts only texts and numbers, and each argument NAME becomes a call of a helper that requires a value.

use std::collections::HashMap;

use handlebars::template::{DecoratorTemplate, HelperTemplate, Parameter, Subexpression, TemplateElement};

use super::error::{TemplateError, known_names};
use super::helper::{self, HELPERS, PLAIN, REQUIRED};
use super::unescaped_value::UnescapedValue;

/// References found in a template.
#[derive(Debug, Default)]
pub(super) struct FoundReferences {
    /// Partials, each with a line that includes it.
    pub(super) partials: Vec<(String, usize)>,
    /// Values that are inserted without escaping.
    pub(super) unguarded: Vec<UnescapedValue>,
}

/// Makes `template`, known to the user as `label`, strict.
pub(super) fn make_strict(template: &mut handlebars::Template, label: &str) -> Result<FoundReferences, TemplateError> {
    let mut walk = Walk { label, line: 1, found: FoundReferences::default() };
    walk.template(template)?;
    Ok(walk.found)
}

struct Walk<'a> {
    label: &'a str,
    line: usize,
    found: FoundReferences,
}

impl Walk<'_> {
    fn template(&mut self, template: &mut handlebars::Template) -> Result<(), TemplateError> {
        for (index, element) in template.elements.iter_mut().enumerate() {
            // Elements that the crate generates for `{{else if}}` have no line of their own.
            if let Some(mapping) = template.mapping.get(index) {
                self.line = mapping.0;
            }
            self.element(element)?;
        }
        Ok(())
    }

    fn element(&mut self, element: &mut TemplateElement) -> Result<(), TemplateError> {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) => {
                if call.params.is_empty() && call.hash.is_empty() {
                    return self.plain(call);
                }
                self.call(call)
            }
            TemplateElement::HelperBlock(call) => self.call(call),
            TemplateElement::PartialExpression(partial) | TemplateElement::PartialBlock(partial) => {
                self.partial(partial)
            }
            _ => Err(self
                .error("{{* … }} has no meaning here")
                .hint("a partial is a template of its own; include it with {{> NAME}}")),
        }
    }

    /// Makes `{{NAME}}` strict.
    fn plain(&mut self, call: &mut HelperTemplate) -> Result<(), TemplateError> {
        let value = match &call.name {
            Parameter::Path(path) => Parameter::Path(path.clone()),
            Parameter::Name(name) => {
                Parameter::parse(name).map_err(|_| self.error(format!("\"{name}\" is no name")))?
            }
            other => other.clone(),
        };
        if let Some(name) = value.as_name() {
            self.found.unguarded.push(UnescapedValue { line: self.line, name: name.to_owned() });
        }
        call.params.push(value);
        call.name = Parameter::Name(PLAIN.to_owned());
        Ok(())
    }

    fn call(&mut self, call: &mut HelperTemplate) -> Result<(), TemplateError> {
        self.arguments(&call.name, &mut call.params, &mut call.hash)?;
        for template in [&mut call.template, &mut call.inverse].into_iter().flatten() {
            self.template(template)?;
        }
        Ok(())
    }

    fn partial(&mut self, partial: &mut DecoratorTemplate) -> Result<(), TemplateError> {
        let name = match &partial.name {
            Parameter::Literal(serde_json::Value::String(name)) => name.clone(),
            name => match name.as_name() {
                Some(name) => name.to_owned(),
                None => return Err(self.error("the name of a partial must be written out")),
            },
        };
        if name != "@partial-block" {
            self.found.partials.push((name, self.line));
        }
        for value in partial.hash.values_mut() {
            self.require(value)?;
        }
        for value in &mut partial.params {
            self.subexpression(value)?;
        }
        match &mut partial.template {
            Some(template) => self.template(template),
            None => Ok(()),
        }
    }

    /// Makes the helper's name and arguments strict.
    fn arguments(
        &mut self,
        name: &Parameter,
        params: &mut [Parameter],
        hash: &mut HashMap<String, Parameter>,
    ) -> Result<(), TemplateError> {
        let name = name.as_name().unwrap_or_default();
        let Some(helper) = helper::find(name) else {
            let known = HELPERS.iter().map(|helper| helper.name);
            return Err(self.error(format!("unknown helper \"{name}\"")).hint(known_names(name, "helpers", known)));
        };
        if params.len() < helper.least || params.len() > helper.most {
            let (least, most) = (helper.least, if helper.most == usize::MAX { " or more" } else { "" });
            let plural = if least == 1 { "" } else { "s" };
            let message = format!("\"{name}\" takes {least}{most} argument{plural}, not {}", params.len());
            return Err(self.error(message));
        }
        if let Some(key) = hash.keys().find(|key| !(matches!(name, "if" | "unless") && *key == "includeZero")) {
            return Err(self.error(format!("\"{name}\" takes no argument \"{key}=\"")));
        }
        for (index, value) in params.iter_mut().enumerate() {
            if index < helper.untouched { self.subexpression(value)? } else { self.require(value)? }
        }
        Ok(())
    }

    /// Makes an argument require a value.
    fn require(&mut self, value: &mut Parameter) -> Result<(), TemplateError> {
        if let Parameter::Path(_) = value {
            let required = Parameter::Name(REQUIRED.to_owned());
            *value = Parameter::Subexpression(Subexpression::new(required, vec![value.clone()], HashMap::new()));
            return Ok(());
        }
        self.subexpression(value)
    }

    /// Makes the expression in an argument's parentheses strict.
    fn subexpression(&mut self, value: &mut Parameter) -> Result<(), TemplateError> {
        match value {
            Parameter::Subexpression(inner) => match inner.element.as_mut() {
                TemplateElement::Expression(call) => self.call(call),
                other => self.element(other),
            },
            _ => Ok(()),
        }
    }

    fn error(&self, message: impl Into<String>) -> TemplateError {
        TemplateError::new(self.label, Some(self.line), message)
    }
}
