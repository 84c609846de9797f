//! A template that can be rendered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compiled::Compiled;
use super::dollar::{Dollar, DollarForm};
use super::error::TemplateError;
use super::library::Templates;

/// What a template is rendered with, by name.
pub type Values = serde_json::Map<String, Value>;

/// A template in either notation. Cheap to clone; rendering it many times parses it once.
#[derive(Clone)]
pub struct Template(TemplateSyntax);

#[derive(Clone)]
enum TemplateSyntax {
    Handlebars(Compiled),
    Dollar(Dollar),
}

/// A place where a value is put down as it is, so that a wicked one could break out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnescapedValue {
    /// From 1.
    pub line: usize,
    /// The name as written.
    pub name: String,
}

impl Template {
    /// A handlebars template, known as `name`, whose partials come from `partials`.
    ///
    /// # Errors
    /// Text that is no handlebars; a helper or a partial that does not exist.
    pub fn handlebars(name: &str, text: &str, partials: &Templates) -> Result<Self, TemplateError> {
        Self::labelled(name, name, text, partials)
    }

    /// The same, called `label` in messages.
    pub(super) fn labelled(name: &str, label: &str, text: &str, partials: &Templates) -> Result<Self, TemplateError> {
        Compiled::new(name, label, text, partials).map(|compiled| Self(TemplateSyntax::Handlebars(compiled)))
    }

    /// A template with `$name` and `${name}`, known as `name`, whose values are kept from breaking out as `form` says.
    ///
    /// # Errors
    /// A `$` that begins neither a name nor `$$`.
    pub fn dollar(name: &str, text: &str, form: DollarForm) -> Result<Self, TemplateError> {
        Dollar::new(name, text, form).map(|dollar| Self(TemplateSyntax::Dollar(dollar)))
    }

    /// The text with every value in its place.
    ///
    /// # Errors
    /// A name without a value, or a value that cannot stand where it is to. Messages never hold values.
    pub fn render(&self, values: &Values) -> Result<String, TemplateError> {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => compiled.render(values),
            TemplateSyntax::Dollar(dollar) => dollar.render(values),
        }
    }

    /// The names of variables that must have a value and have none, as far as the template tells before they have one.
    pub fn missing(&self, values: &Values) -> Vec<String> {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => compiled.missing(values),
            TemplateSyntax::Dollar(dollar) => {
                dollar.variables().into_iter().filter(|name| !values.contains_key(name)).collect()
            }
        }
    }

    /// The names that it reads, those of its partials among them.
    pub fn variables(&self) -> BTreeSet<String> {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => compiled.variables.clone(),
            TemplateSyntax::Dollar(dollar) => dollar.variables(),
        }
    }

    /// Refuses a value that none of these templates takes, each given with its name: it would be left out in silence.
    ///
    /// # Errors
    /// There is one; what they take is in the hint.
    pub fn check_taken(templates: &[(&str, &Self)], values: &Values) -> Result<(), TemplateError> {
        super::about::check_taken(templates, values)
    }

    /// The places of this template (not of its partials) where a value is put down as it is.
    pub fn unguarded(&self) -> &[UnescapedValue] {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => &compiled.unguarded,
            TemplateSyntax::Dollar(dollar) => &dollar.unguarded,
        }
    }
}
