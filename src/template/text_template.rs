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

    /// The places of this template (not of its partials) where a value is put down as it is.
    pub fn unguarded(&self) -> &[UnescapedValue] {
        match &self.0 {
            TemplateSyntax::Handlebars(compiled) => &compiled.unguarded,
            TemplateSyntax::Dollar(dollar) => &dollar.unguarded,
        }
    }
}

impl Templates {
    /// The template of this name. One in the dollar notation is guarded as [`DollarForm::of`] says.
    ///
    /// # Errors
    /// There is none, its file cannot be read, or something in it is wrong.
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
