//! Templates with `$name`. This notation has no helpers, so values are escaped or refused by the form of the whole
//! text.

use std::collections::BTreeSet;

use serde_json::Value;

use super::error::{TemplateError, known_names};
use super::escape;
use super::unescaped_value::UnescapedValue;
use super::unfit_value::UnfitValue;
use super::values::Values;
use crate::plan;

/// Protection against values that break out of a template with `$name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DollarForm {
    /// The text is JSON: a value within quotes is escaped for JSON, and one outside must be a number or a truth value.
    Json,
    /// Any other text, for which the dangerous characters are unknown: a value is refused if it has a quote, a
    /// backslash, a control character, or another character special to shells, YAML, JSON or templates.
    Text,
    /// Every value is inserted unchanged, as Python does; for callers that have checked the values.
    Raw,
}

impl DollarForm {
    /// Returns the form for a template's name: JSON for `NAME.json`, else text.
    pub fn of(name: &str) -> Self {
        if name.ends_with(".json") { Self::Json } else { Self::Text }
    }
}

#[derive(Clone)]
pub(super) struct Dollar {
    name: String,
    template: plan::DollarTemplate,
    form: DollarForm,
    pub(super) unguarded: Vec<UnescapedValue>,
}

impl Dollar {
    pub(super) fn new(name: &str, text: &str, form: DollarForm) -> Result<Self, TemplateError> {
        let template = plan::DollarTemplate::parse(text)
            .map_err(|error| TemplateError::new(name, Some(error.line), error.message))?;
        let raw = template.names().filter(|_| form == DollarForm::Raw);
        let unguarded = raw.map(|(name, line)| UnescapedValue { line, name: name.to_owned() }).collect();
        Ok(Self { name: name.to_owned(), template, form, unguarded })
    }

    pub(super) fn variables(&self) -> BTreeSet<String> {
        self.template.names().map(|(name, _)| name.to_owned()).collect()
    }

    pub(super) fn render(&self, values: &Values) -> Result<String, TemplateError> {
        let missing: Vec<(&str, usize)> =
            self.template.names().filter(|(name, _)| !values.contains_key(*name)).collect();
        if let Some(&(name, line)) = missing.first() {
            let mut names: Vec<String> = Vec::new();
            for (name, _) in &missing {
                let name = format!("\"{name}\"");
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let plural = if names.len() == 1 { "" } else { "s" };
            let error =
                TemplateError::new(&self.name, Some(line), format!("unknown name{plural} {}", names.join(", ")));
            return Err(error.hint(known_names(name, "names", values.keys().map(String::as_str))));
        }
        let mut quotes = Quotes::default();
        let filled = self.template.fill_after(|name, before| {
            let value = values.get(name).ok_or_else(|| format!("unknown name \"{name}\""))?;
            let failed = |why: UnfitValue| format!("the value of \"{name}\" {why}");
            match self.form {
                DollarForm::Json => in_json(value, quotes.open_after(before)),
                DollarForm::Text => scalar(value).and_then(harmless),
                DollarForm::Raw => scalar(value),
            }
            .map_err(failed)
        });
        filled.map_err(|error| TemplateError::new(&self.name, Some(error.line), error.message))
    }
}

fn scalar(value: &Value) -> Result<String, UnfitValue> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("is neither a text nor a number".into()),
    }
}

fn in_json(value: &Value, within_quotes: bool) -> Result<String, UnfitValue> {
    if within_quotes {
        let quoted = escape::json(&Value::String(scalar(value)?));
        return Ok(quoted[1..quoted.len() - 1].to_owned());
    }
    let text = scalar(value)?;
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Number(_) | Value::Bool(_)) => Ok(text),
        _ => Err("stands outside quotes, where only a number, true or false may".into()),
    }
}

/// Returns the text if it means the same in every notation, quoted or not.
fn harmless(text: String) -> Result<String, UnfitValue> {
    const MEANT: &str = "'\"`\\$;|&<>(){}[]*?!#";
    let bad = text.chars().find(|&c| MEANT.contains(c) || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    let bad = bad.map(|c| c.escape_debug().to_string()).or_else(|| text.contains(": ").then(|| ": ".to_owned()));
    match bad {
        None => Ok(text),
        Some(bad) => Err(format!(
            "holds \"{bad}\", which may break out of where it stands; a handlebars template has helpers for such values"
        )
        .into()),
    }
}

/// Tracker of whether the end of a growing JSON text is within quotes.
#[derive(Default)]
struct Quotes {
    seen: usize,
    open: bool,
    escaped: bool,
}

impl Quotes {
    fn open_after(&mut self, text: &str) -> bool {
        for byte in &text.as_bytes()[self.seen..] {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.open => self.escaped = true,
                b'"' => self.open = !self.open,
                _ => {}
            }
        }
        self.seen = text.len();
        self.open
    }
}
