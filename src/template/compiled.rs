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
use super::tags::Tags;

/// Partials that include each other deeper are no set of templates that a person wrote.
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
        let tags = Tags::of(text);
        if let Some(line) = tags.too_deep {
            return Err(TemplateError::new(label, Some(line), "this is nested too deep"));
        }
        self.registry.register_template_string(name, text).map_err(|error| syntax_error(label, text, &error, &tags))?;
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

/// The crate's own message lists the rules of its grammar.
fn syntax_error(label: &str, text: &str, error: &handlebars::TemplateError, tags: &Tags) -> TemplateError {
    let position = error.pos();
    let new = |message: String| TemplateError::new(label, position.map(|(line, _)| line), message);
    if !matches!(error.reason(), TemplateErrorReason::InvalidSyntax(_)) {
        return new(error.reason().to_string());
    }
    if let Some((name, line)) = tags.open.last() {
        return TemplateError::new(label, Some(*line), format!("the block {{{{#{name}}}}} is not closed"));
    }
    const SHOWN: usize = 40;
    let line = position.and_then(|(line, _)| text.lines().nth(line.checked_sub(1)?)).unwrap_or_default().trim();
    let shown: String = line.chars().take(SHOWN).collect();
    let more = if line.chars().count() > SHOWN { "…" } else { "" };
    new(format!("this is no handlebars: {shown}{more}")).hint("braces that are text are written \\{{")
}
