//! Functions that match regular expressions.

use super::context::{Context, Outcome};
use super::frame::Frame;
use super::function::Function;
use super::pattern::{Options, Pattern};
use super::unknown::Stop;
use super::value::Value;

/// What the arguments other than the options are, once none of them is undefined or an error.
fn refusal(arguments: &[Value], options: Option<&Value>) -> Option<Value> {
    let any = |wanted: fn(&Value) -> bool| arguments.iter().chain(options).any(wanted);
    if any(|argument| matches!(argument, Value::Error)) {
        return Some(Value::Error);
    }
    if any(|argument| matches!(argument, Value::Undefined)) {
        return Some(Value::Undefined);
    }
    options.filter(|options| !matches!(options, Value::String(_))).map(|_| Value::Error)
}

fn letters(options: Option<&Value>) -> String {
    if let Some(Value::String(letters)) = options { letters.to_string() } else { String::new() }
}

/// `regexp`.
///
/// # Errors
///
/// Says what the regular expression needs that is not supported.
pub(super) fn matches(arguments: &[Value]) -> Outcome {
    let (texts, options) = (arguments.get(..2).unwrap_or_default(), arguments.get(2));
    if let Some(value) = refusal(texts, options) {
        return Ok(value);
    }
    let [Value::String(pattern), Value::String(text)] = texts else { return Ok(Value::Error) };
    Ok(match Pattern::new(pattern, Options::of(&letters(options)))? {
        Some(pattern) => Value::Boolean(pattern.is_match(text)?),
        None => Value::Error,
    })
}

/// `regexpMember`.
///
/// # Errors
///
/// Says what the regular expression needs that is not supported.
pub(super) fn member(context: &mut dyn Context, frame: &Frame, arguments: &[Value]) -> Outcome {
    let (texts, options) = (arguments.get(..2).unwrap_or_default(), arguments.get(2));
    if let Some(value) = refusal(texts, options) {
        return Ok(value);
    }
    let [Value::String(pattern), Value::List(list)] = texts else { return Ok(Value::Error) };
    let mut result = Value::Boolean(false);
    for item in list.items() {
        match context.evaluate_item(item, &list.frame, frame) {
            Ok(Value::String(text)) => {
                // A pattern that PCRE does not accept matches nothing here.
                if let Some(pattern) = Pattern::new(pattern, Options::of(&letters(options)))?
                    && pattern.is_match(&text)?
                {
                    return Ok(Value::Boolean(true));
                }
            }
            Ok(Value::Undefined) => result = Value::Undefined,
            Ok(_) | Err(Stop::Failed) => return Ok(Value::Error),
            Err(stop) => return Err(stop),
        }
    }
    Ok(result)
}

/// `regexps`, `replace` and `replaceAll`.
///
/// # Errors
///
/// Says what the regular expression needs that is not supported.
pub(super) fn substitute(function: Function, arguments: &[Value]) -> Outcome {
    let (texts, options) = (arguments.get(..3).unwrap_or_default(), arguments.get(3));
    if let Some(value) = refusal(texts, options) {
        return Ok(value);
    }
    let [Value::String(pattern), Value::String(text), Value::String(replacement)] = texts else {
        return Ok(Value::Error);
    };
    let letters = letters(options);
    let in_place = function != Function::Regexps || letters.contains('f');
    let all = function == Function::ReplaceAll || letters.contains('g');
    let Some(pattern) = Pattern::new(pattern, Options::of(&letters))? else { return Ok(Value::Error) };
    Ok(pattern.replace(text, replacement, in_place, all)?.map_or(Value::Error, Value::text))
}
