//! Compiled handlebars templates.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use handlebars::{Context, Handlebars, RenderError, RenderErrorReason, TemplateErrorReason};
use serde_json::Value;

use super::ast::make_strict;
use super::error::{TemplateError, known_names};
use super::helpers::{self, NotOneOf, Unknown};
use super::library::Templates;
use super::reads::Reads;
use super::tags::Tags;
use super::unescaped_value::UnescapedValue;
use super::values::Values;

/// Maximum nesting of partials; deeper nesting is not written by people.
const DEEPEST: usize = 64;

/// Maximum size of the result in bytes: nested partials that include others twice double it each time.
const LARGEST: usize = 16 * 1024 * 1024;

/// Writer with a size limit.
struct Limited(Vec<u8>);

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            self.0.resize(LARGEST, 0);
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A compiled template with its partials.
#[derive(Clone)]
pub(super) struct Compiled {
    registry: Arc<Handlebars<'static>>,
    name: String,
    /// Display name of each template, by name.
    labels: HashMap<String, String>,
    pub(super) unguarded: Vec<UnescapedValue>,
    /// Names that the template and its partials read.
    pub(super) variables: BTreeSet<String>,
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
        let (open, reads) = (Vec::new(), HashMap::new());
        let mut compiling = Compiling { registry, labels, partials, open, reads };
        let unguarded = compiling.add(name, label, text)?;
        let variables = Reads::all(&compiling.reads, name);
        let Compiling { registry, labels, .. } = compiling;
        Ok(Self { registry: Arc::new(registry), name: name.to_owned(), labels, unguarded, variables })
    }

    pub(super) fn render(&self, values: &Values) -> Result<String, TemplateError> {
        let context = Context::from(Value::Object(values.clone()));
        let mut output = Limited(Vec::new());
        let rendered = self.registry.render_with_context_to_write(&self.name, &context, &mut output);
        match rendered {
            // The limit is the only cause of a failed write.
            Err(_) if output.0.len() >= LARGEST => {
                let message = format!("it renders to more than {LARGEST} bytes");
                Err(TemplateError::new(self.labels.get(&self.name).unwrap_or(&self.name), None, message))
            }
            Err(error) => Err(self.error(&error, values)),
            // Templates and values are UTF-8, and so is the result.
            Ok(()) => Ok(String::from_utf8_lossy(&output.0).into_owned()),
        }
    }

    /// Returns the names that lack a value, in the order of rendering, as far as known: the names read may depend on
    /// values. Each missing one is rendered as a placeholder.
    pub(super) fn missing(&self, values: &Values) -> Vec<String> {
        let (mut values, mut missing) = (values.clone(), Vec::new());
        // Each name is tried with a text first, and then perhaps with one of the template's choices or a list.
        for _ in 0..=3 * self.variables.len() {
            let context = Context::from(Value::Object(values.clone()));
            let mut output = Limited(Vec::new());
            let Err(error) = self.registry.render_with_context_to_write(&self.name, &context, &mut output) else {
                break;
            };
            let (name, instead) = match error.reason() {
                RenderErrorReason::NestedError(nested) => {
                    if let Some(Unknown { name, .. }) = nested.downcast_ref() {
                        (name, Value::from("x"))
                    } else if let Some(NotOneOf { name, choices }) = nested.downcast_ref()
                        && missing.contains(name)
                    {
                        (name, choices.first().map_or(Value::Null, |choice| Value::from(choice.as_str())))
                    } else {
                        break;
                    }
                }
                RenderErrorReason::MissingVariable(Some(name)) if missing.contains(name) => {
                    (name, Value::Array(Vec::new()))
                }
                RenderErrorReason::MissingVariable(Some(name)) => (name, Value::from("x")),
                _ => break,
            };
            if !missing.contains(name) {
                if values.contains_key(name) || !self.variables.contains(name) {
                    break;
                }
                missing.push(name.clone());
            }
            values.insert(name.clone(), instead);
        }
        missing
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
            // `each` and `with` report the same error for a missing value and for one that cannot be entered.
            RenderErrorReason::MissingVariable(Some(name)) => match values.get(name) {
                Some(value) => {
                    let error = new(format!("the value of \"{name}\" is neither a list nor an object"));
                    // Values of --var are always text.
                    let hint = "--var gives a text; a list or an object stands in a file of values: --var-file FILE";
                    if value.is_string() { error.hint(hint) } else { error }
                }
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

/// Compiler that adds a template and all its partials to a registry.
struct Compiling<'a> {
    registry: Handlebars<'static>,
    labels: HashMap<String, String>,
    partials: &'a Templates,
    /// Templates in progress, each included by the one before.
    open: Vec<String>,
    /// Names read by each template.
    reads: HashMap<String, Reads>,
}

impl Compiling<'_> {
    fn add(&mut self, name: &str, label: &str, text: &str) -> Result<Vec<UnescapedValue>, TemplateError> {
        let tags = Tags::of(text);
        if let Some(line) = tags.too_deep {
            return Err(TemplateError::new(label, Some(line), "this is nested too deep"));
        }
        self.registry.register_template_string(name, text).map_err(|error| syntax_error(label, text, &error, &tags))?;
        let Some(mut template) = self.registry.get_template(name).cloned() else {
            return Err(TemplateError::new(label, None, "the template was lost"));
        };
        self.reads.insert(name.to_owned(), Reads::of(&template));
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

/// Replaces the crate's own message, which lists the rules of its grammar.
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
