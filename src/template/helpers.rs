//! Implementation of the helpers for the handlebars crate.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, PathAndJson, RenderContext, RenderError, RenderErrorReason, ScopedJson,
};
use serde_json::Value;

use super::escape;
use super::helper::{PLAIN, REQUIRED};
use super::unfit_value::UnfitValue;

/// Maximum indentation; more is considered a mistake.
const WIDEST_INDENT: u64 = 200;

/// A name without a value, and the names that have one at that place.
#[derive(Debug, thiserror::Error)]
#[error("unknown name \"{name}\"")]
pub(super) struct Unknown {
    pub(super) name: String,
    pub(super) known: Vec<String>,
}

/// A value other than those that a template was made for.
#[derive(Debug, thiserror::Error)]
#[error("\"{name}\" must be one of {}", .choices.join(", "))]
pub(super) struct NotOneOf {
    pub(super) name: String,
    pub(super) choices: Vec<String>,
}

/// Registers all helpers.
pub(super) fn register(registry: &mut Handlebars<'static>) {
    registry.unregister_helper("log");
    for (name, work) in [
        ("json", json as HelperFn),
        ("yaml", yaml),
        ("toml", toml),
        ("shell", shell),
        ("base64", base64),
        ("gzip_base64", gzip_base64),
        ("indent", indent),
        ("word", word),
        (PLAIN, plain),
    ] {
        registry.register_helper(name, Box::new(Text { name, work }));
    }
    registry.register_helper("one_of", Box::new(OneOf));
    registry.register_helper("flag", Box::new(Flag));
    registry.register_helper("default", Box::new(Default));
    registry.register_helper(REQUIRED, Box::new(Required));
}

/// Function that converts a helper's arguments to text; an error continues a sentence about the value.
type HelperFn = fn(&[&Value]) -> Result<String, UnfitValue>;

/// A helper that writes text.
struct Text {
    name: &'static str,
    work: HelperFn,
}

impl HelperDef for Text {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        rendering: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let params = helper.params();
        for param in params {
            if param.is_value_missing() {
                return Err(unknown(param, context, rendering));
            }
        }
        let values: Vec<&Value> = params.iter().map(PathAndJson::value).collect();
        let text = (self.work)(&values).map_err(|why| {
            let what = params.last().and_then(PathAndJson::relative_path);
            let what = what.map_or_else(|| "its value".to_owned(), |name| format!("the value of \"{name}\""));
            let by = if self.name == PLAIN { String::new() } else { format!("{}: ", self.name) };
            RenderErrorReason::Other(format!("{by}{what} {why}"))
        })?;
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}

/// Returns the name of an argument as written in the template, for messages.
fn name_of<'a>(param: &'a PathAndJson<'_>) -> &'a str {
    param.relative_path().map_or("the value", String::as_str)
}

/// The helper `{{one_of NAME VALUE VALUE …}}`.
struct OneOf;

impl HelperDef for OneOf {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        rendering: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let Some((param, choices)) = helper.params().split_first() else {
            return Err(RenderErrorReason::ParamNotFoundForIndex("one_of", 0).into());
        };
        if param.is_value_missing() {
            return Err(unknown(param, context, rendering));
        }
        if choices.iter().any(|choice| choice.value() == param.value()) {
            return Ok(ScopedJson::Derived(param.value().clone()));
        }
        let name = name_of(param).to_owned();
        let choices: Vec<String> = choices.iter().filter_map(|choice| scalar(choice.value()).ok()).collect();
        Err(RenderErrorReason::NestedError(Box::new(NotOneOf { name, choices })).into())
    }
}

/// The helper `{{flag NAME}}`.
struct Flag;

impl HelperDef for Flag {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let param = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("flag", 0))?;
        let set = match param.value() {
            _ if param.is_value_missing() => false,
            Value::Null => false,
            Value::Bool(set) => *set,
            Value::String(text) if text == "true" => true,
            Value::String(text) if text == "false" => false,
            _ => {
                let name = name_of(param);
                return Err(RenderErrorReason::Other(format!("\"{name}\" must be true or false")).into());
            }
        };
        Ok(ScopedJson::Derived(Value::Bool(set)))
    }
}

/// The helper `{{default NAME VALUE}}`.
struct Default;

impl HelperDef for Default {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let missing = |param: &&PathAndJson<'rc>| param.is_value_missing() || param.value().is_null();
        let params = helper.params();
        let value = params.first().filter(|param| !missing(param)).or_else(|| params.get(1));
        Ok(ScopedJson::Derived(value.map_or(Value::Null, |param| param.value().clone())))
    }
}

/// The helper for an argument that must have a value.
struct Required;

impl HelperDef for Required {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        rendering: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        match helper.param(0) {
            Some(param) if !param.is_value_missing() => Ok(ScopedJson::Derived(param.value().clone())),
            Some(param) => Err(unknown(param, context, rendering)),
            None => Err(RenderErrorReason::ParamNotFoundForIndex(REQUIRED, 0).into()),
        }
    }
}

fn unknown<'reg: 'rc, 'rc>(
    param: &PathAndJson<'rc>,
    context: &'rc Context,
    rendering: &RenderContext<'reg, 'rc>,
) -> RenderError {
    let name = param.relative_path().cloned().unwrap_or_default();
    let values = match rendering.context() {
        Some(context) => Some(context.data().clone()),
        None => rendering.evaluate(context, "this").ok().map(|values| values.as_json().clone()),
    };
    let known = match values {
        Some(Value::Object(entries)) => entries.keys().cloned().collect(),
        _ => Vec::new(),
    };
    RenderErrorReason::NestedError(Box::new(Unknown { name, known })).into()
}

/// Formats a text unchanged, and a number or a truth value as in JSON.
fn scalar(value: &Value) -> Result<String, UnfitValue> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null => Err("is null; {{default NAME VALUE}} says what to take instead".into()),
        Value::Array(_) => Err("is a list; {{json NAME}}, {{yaml NAME}} and {{#each NAME}} take one".into()),
        Value::Object(_) => Err("is an object; {{json NAME}}, {{yaml NAME}} and NAME.KEY take one".into()),
    }
}

fn last<'a>(values: &[&'a Value]) -> Result<&'a Value, UnfitValue> {
    values.last().copied().ok_or_else(|| "is missing".into())
}

fn plain(values: &[&Value]) -> Result<String, UnfitValue> {
    let text = scalar(last(values)?)?;
    if text.contains('\0') {
        return Err("holds a NUL character, which no text can; json, yaml and base64 take one".into());
    }
    Ok(text)
}

fn json(values: &[&Value]) -> Result<String, UnfitValue> {
    last(values).map(escape::json)
}

fn yaml(values: &[&Value]) -> Result<String, UnfitValue> {
    last(values).map(escape::yaml)
}

fn toml(values: &[&Value]) -> Result<String, UnfitValue> {
    escape::toml(last(values)?)
}

fn shell(values: &[&Value]) -> Result<String, UnfitValue> {
    match last(values)? {
        Value::Array(words) => {
            let words: Result<Vec<String>, UnfitValue> =
                words.iter().map(|word| escape::shell(&scalar(word)?)).collect();
            words.map(|words| words.join(" "))
        }
        word => escape::shell(&scalar(word)?),
    }
}

fn word(values: &[&Value]) -> Result<String, UnfitValue> {
    let text = scalar(last(values)?)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:/@%+".contains(c);
    if text.is_empty() || !text.chars().all(plain) {
        return Err("must be of letters, digits and the characters . _ - : / @ % +".into());
    }
    Ok(text)
}

fn base64(values: &[&Value]) -> Result<String, UnfitValue> {
    Ok(STANDARD.encode(scalar(last(values)?)?))
}

fn gzip_base64(values: &[&Value]) -> Result<String, UnfitValue> {
    let text = scalar(last(values)?)?;
    // No time in the header: a repeated launch must send the same bytes.
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    packed.map(|packed| STANDARD.encode(packed)).map_err(|error| format!("cannot be compressed: {error}").into())
}

fn indent(values: &[&Value]) -> Result<String, UnfitValue> {
    let width = values.first().and_then(|width| width.as_u64()).filter(|&width| width <= WIDEST_INDENT);
    let width = width.and_then(|width| usize::try_from(width).ok());
    let width = width.ok_or_else(|| {
        let message =
            format!("cannot be indented: write {{{{indent WIDTH NAME}}}} with a width from 0 to {WIDEST_INDENT}");
        UnfitValue::from(message)
    })?;
    escape::indent(width, &scalar(last(values)?)?)
}
