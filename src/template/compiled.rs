//! Templates in handlebars.

use std::collections::HashMap;
use std::sync::Arc;

use handlebars::{Context, Handlebars, RenderError, RenderErrorReason, TemplateErrorReason};
use serde_json::Value;

use super::ast::make_strict;
use super::error::{TemplateError, known_names};
use super::helpers::{self, Unknown};
use super::library::Templates;
use super::notation::{Unguarded, Values};

/// Deeper nesting is no template that a person wrote, and rendering goes as deep as its blocks.
const DEEPEST: usize = 64;

/// A compiled template with the partials that it includes.
#[derive(Clone)]
pub(super) struct Compiled {
    registry: Arc<Handlebars<'static>>,
    name: String,
    /// How the user knows each template, by name.
    labels: HashMap<String, String>,
    pub(super) unguarded: Vec<Unguarded>,
}

impl Compiled {
    pub(super) fn new(name: &str, label: &str, text: &str, partials: &Templates) -> Result<Self, TemplateError> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(handlebars::no_escape);
        // Indenting a partial would change values of several lines.
        registry.set_prevent_indent(true);
        helpers::register(&mut registry);
        let labels = HashMap::from([(name.to_owned(), label.to_owned())]);
        let mut compiling = Compiling { registry, labels, partials, open: Vec::new() };
        let unguarded = compiling.add(name, label, text)?;
        Ok(Self { registry: Arc::new(compiling.registry), name: name.to_owned(), labels: compiling.labels, unguarded })
    }

    pub(super) fn render(&self, values: &Values) -> Result<String, TemplateError> {
        let context = Context::from(Value::Object(values.clone()));
        self.registry.render_with_context(&self.name, &context).map_err(|error| self.error(&error, values))
    }

    fn error(&self, error: &RenderError, values: &Values) -> TemplateError {
        let name = error.template_name.as_deref().unwrap_or(&self.name);
        let label = self.labels.get(name).map_or(name, String::as_str);
        let new = |message: String| TemplateError::new(label, error.line_no, message);
        match error.reason() {
            RenderErrorReason::NestedError(nested) => match nested.downcast_ref::<Unknown>() {
                Some(Unknown { name, known }) => unknown(new, name, known.iter().map(String::as_str)),
                None => new(nested.to_string()),
            },
            // `each` and `with` say the same of what is missing and of what they cannot enter.
            RenderErrorReason::MissingVariable(Some(name)) => match values.get(name) {
                Some(_) => new(format!("the value of \"{name}\" is neither a list nor an object")),
                None => unknown(new, name, values.keys().map(String::as_str)),
            },
            RenderErrorReason::MissingVariable(None) => new("there is nothing of that key or index".to_owned()),
            other => new(other.to_string()),
        }
    }
}

fn unknown<'a>(
    new: impl Fn(String) -> TemplateError,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> TemplateError {
    new(format!("unknown name \"{name}\"")).hint(known_names(name, "names", known))
}

/// Adds a template and all that it includes to a registry.
struct Compiling<'a> {
    registry: Handlebars<'static>,
    labels: HashMap<String, String>,
    partials: &'a Templates,
    /// The templates that are being added, each included by the one before.
    open: Vec<String>,
}

impl Compiling<'_> {
    fn add(&mut self, name: &str, label: &str, text: &str) -> Result<Vec<Unguarded>, TemplateError> {
        check_depth(label, text)?;
        self.registry.register_template_string(name, text).map_err(|error| {
            let message = match error.reason() {
                TemplateErrorReason::InvalidSyntax(what) => format!("this is no handlebars: {}", what.trim()),
                other => other.to_string(),
            };
            TemplateError::new(label, error.pos().map(|(line, _)| line), message)
        })?;
        let Some(mut template) = self.registry.get_template(name).cloned() else {
            return Err(TemplateError::new(label, None, "the template was lost"));
        };
        let found = make_strict(&mut template, label)?;
        self.registry.register_template(name, template);
        self.open.push(name.to_owned());
        for (partial, line) in &found.partials {
            self.include(label, partial, *line)?;
        }
        self.open.pop();
        Ok(found.unguarded)
    }

    fn include(&mut self, label: &str, partial: &str, line: usize) -> Result<(), TemplateError> {
        let error = |message: String| TemplateError::new(label, Some(line), message);
        if self.open.iter().any(|open| open == partial) {
            return Err(error(format!("partial \"{partial}\" includes itself: {} → {partial}", self.open.join(" → "))));
        }
        if self.labels.contains_key(partial) {
            return Ok(());
        }
        if self.open.len() >= DEEPEST {
            return Err(error(format!("partials include each other more than {DEEPEST} deep")));
        }
        let Some(source) = self.partials.source(partial)? else {
            let known = known_names(partial, "templates", self.partials.names());
            return Err(error(format!("unknown partial \"{partial}\"")).hint(known));
        };
        if source.dollar {
            return Err(error(format!("partial \"{partial}\" is written with $NAME; only handlebars can be included")));
        }
        self.labels.insert(partial.to_owned(), source.label.clone());
        self.add(partial, &source.label, &source.text).map(drop)
    }
}

/// Refuses blocks and parentheses that are nested too deep, before anything recurses into them.
fn check_depth(label: &str, text: &str) -> Result<(), TemplateError> {
    let (mut blocks, mut parentheses) = (0_usize, 0_usize);
    for (number, line) in text.split('\n').enumerate() {
        for tag in line.split("{{").skip(1) {
            let tag = tag.trim_start_matches(['{', '~']);
            match tag.chars().next() {
                Some('#' | '^') => blocks += 1,
                Some('/') => blocks = blocks.saturating_sub(1),
                // Each `else if` is a block in the one before.
                _ if tag.starts_with("else ") => blocks += 1,
                _ => {}
            }
        }
        parentheses = if line.contains("{{") { 0 } else { parentheses };
        for c in line.chars() {
            match c {
                '(' => parentheses += 1,
                ')' => parentheses = parentheses.saturating_sub(1),
                _ => {}
            }
            if parentheses > DEEPEST * 4 {
                break;
            }
        }
        if blocks > DEEPEST * 4 || parentheses > DEEPEST * 4 {
            return Err(TemplateError::new(label, Some(number + 1), "this is nested too deep"));
        }
    }
    Ok(())
}
