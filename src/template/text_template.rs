//! A template that can be rendered.

use std::collections::BTreeSet;

use super::compiled::Compiled;
use super::dollar::{Dollar, DollarForm};
use super::error::TemplateError;
use super::library::Templates;
use super::unescaped_value::UnescapedValue;
use super::values::Values;
use crate::diagnostics::did_you_mean;

/// A template in either notation. Cheap to clone; rendering it many times parses it once.
#[derive(Clone)]
pub struct Template(TemplateSyntax);

#[derive(Clone)]
enum TemplateSyntax {
    Handlebars(Compiled),
    Dollar(Dollar),
}

impl Template {
    /// Creates a handlebars template with the given `name`, and partials from `partials`.
    ///
    /// # Errors
    /// Text that is not valid handlebars; an unknown helper or partial.
    pub fn handlebars(name: &str, text: &str, partials: &Templates) -> Result<Self, TemplateError> {
        Self::labelled(name, name, text, partials)
    }

    /// Does the same with the name `label` in messages.
    pub(super) fn labelled(name: &str, label: &str, text: &str, partials: &Templates) -> Result<Self, TemplateError> {
        Compiled::new(name, label, text, partials).map(|compiled| Self(TemplateSyntax::Handlebars(compiled)))
    }

    /// Creates a template with `$name` and `${name}`, whose values are protected as `form` says.
    ///
    /// # Errors
    /// A `$` that begins neither a name nor `$$`.
    pub fn dollar(name: &str, text: &str, form: DollarForm) -> Result<Self, TemplateError> {
        Dollar::new(name, text, form).map(|dollar| Self(TemplateSyntax::Dollar(dollar)))
    }

    /// Renders the template with these values.
    ///
    /// # Errors
    /// A name without a value, or a value not permitted at its place. Messages never hold values.
    pub fn render(&self, values: &Values) -> Result<String, TemplateError> {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => compiled.render(values),
            TemplateSyntax::Dollar(dollar) => dollar.render(values),
        }
    }

    /// Returns the names of variables that require a value and lack one, as far as known before they have one.
    pub fn missing(&self, values: &Values) -> Vec<String> {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => compiled.missing(values),
            TemplateSyntax::Dollar(dollar) => {
                dollar.variables().into_iter().filter(|name| !values.contains_key(name)).collect()
            }
        }
    }

    /// Returns the names that the template reads, those of its partials included.
    pub fn variables(&self) -> BTreeSet<String> {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => compiled.variables.clone(),
            TemplateSyntax::Dollar(dollar) => dollar.variables(),
        }
    }

    /// Returns the places of this template (not of its partials) where a value is inserted unchanged.
    pub fn unguarded(&self) -> &[UnescapedValue] {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => &compiled.unguarded,
            TemplateSyntax::Dollar(dollar) => &dollar.unguarded,
        }
    }
}

impl Templates {
    /// Returns the template of this name. One in the dollar notation is protected as by [`DollarForm::of`].
    ///
    /// # Errors
    /// There is no such template, its file cannot be read, or it has an error.
    pub fn get(&self, name: &str) -> Result<Template, TemplateError> {
        let Some(source) = self.source(name)? else {
            let error = TemplateError::new(name, None, "there is no template of this name");
            let templates = self.names().filter(|name| !name.starts_with("partials/"));
            let slip = did_you_mean(name, templates).map(|meant| format!("{meant} ")).unwrap_or_default();
            return Err(error.hint(format!("{slip}`hoist userdata templates` lists those that there are")));
        };
        if source.dollar {
            return Template::dollar(&source.label, &source.text, DollarForm::of(name));
        }
        Template::labelled(name, &source.label, &source.text, self)
    }
}
