//! Functions on texts.

use std::cmp::Ordering;
use std::sync::Arc;

use super::context::{Context, Outcome};
use super::conversion::to_text;
use super::expression::Expression;
use super::frame::Frame;
use super::function::Function;
use super::natural_order::natural_order;
use super::number::low_i32;
use super::operation::compare_ignoring_case;
use super::value::{List, Value};

/// `strcat`. The first argument that is no text, even converted, decides.
///
/// # Errors
///
/// Says why an argument has no value.
pub(super) fn strcat(context: &mut dyn Context, frame: &Frame, arguments: &[Expression]) -> Outcome {
    let mut whole = String::new();
    for argument in arguments {
        let argument = context.evaluate(argument, frame)?;
        match to_text(&argument, context) {
            Value::String(text) => whole.push_str(&text),
            other => return Ok(other),
        }
    }
    Ok(Value::text(whole))
}

/// `join`, of the arguments after the separator or of the items of a list. Undefined items are left out.
///
/// # Errors
///
/// Says why an item of the list has no value.
pub(super) fn join(context: &mut dyn Context, frame: &Frame, arguments: &[Expression]) -> Outcome {
    let mut arguments = arguments.to_vec();
    let mut items_home = None;
    if let (1..=2, Some(last)) = (arguments.len(), arguments.last())
        && let Value::List(list) = context.evaluate(last, frame)?
    {
        arguments.pop();
        if arguments.is_empty() {
            arguments.push(Expression::text(""));
        }
        arguments.extend(list.items().iter().cloned());
        items_home = Some(list.frame.clone());
    }
    let (mut whole, mut separator) = (String::new(), Arc::from(""));
    let (mut undefined, mut defined) = (false, false);
    for (position, argument) in arguments.iter().enumerate() {
        let argument = match &items_home {
            Some(home) if position > 0 => context.evaluate_item(argument, home, frame)?,
            _ => context.evaluate(argument, frame)?,
        };
        match to_text(&argument, context) {
            Value::String(text) if position == 0 => separator = text,
            Value::String(text) => {
                if !whole.is_empty() {
                    whole.push_str(&separator);
                }
                whole.push_str(&text);
                defined = true;
            }
            Value::Undefined => undefined = true,
            _ => return Ok(Value::Error),
        }
    }
    Ok(if undefined && !defined { Value::Undefined } else { Value::text(whole) })
}

/// `toUpper` and `toLower`.
pub(super) fn change_case(context: &dyn Context, function: Function, value: &Value) -> Value {
    match to_text(value, context) {
        Value::String(text) if function == Function::ToUpper => Value::text(text.to_ascii_uppercase()),
        Value::String(text) => Value::text(text.to_ascii_lowercase()),
        other => other,
    }
}

/// `substr`, in bytes; negative numbers count from the end.
pub(super) fn substr(arguments: &[Value]) -> Value {
    if arguments.iter().any(|argument| matches!(argument, Value::Undefined)) {
        return Value::Undefined;
    }
    let (text, offset, length) = match arguments {
        [Value::String(text), Value::Integer(offset)] => (text, low_i32(*offset), None),
        [Value::String(text), Value::Integer(offset), Value::Integer(length)] => {
            (text, low_i32(*offset), Some(low_i32(*length)))
        }
        _ => return Value::Error,
    };
    let whole = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let offset = i64::from(offset);
    let start = if offset < 0 { (whole + offset).max(0) } else { offset.min(whole) };
    let count = match length.map(i64::from) {
        None => whole - start,
        Some(length) if length < 0 => (whole - start + length).max(0),
        Some(length) => length.min(whole - start),
    };
    let range = |value: i64| usize::try_from(value).unwrap_or(0);
    let bytes = text.as_bytes().get(range(start)..range(start + count)).unwrap_or_default();
    Value::text(String::from_utf8_lossy(bytes))
}

/// Converts two values to texts; `Err` holds the result if that is impossible.
fn two_texts(context: &dyn Context, left: &Value, right: &Value) -> Result<(Arc<str>, Arc<str>), Value> {
    match (to_text(left, context), to_text(right, context)) {
        (Value::String(left), Value::String(right)) => Ok((left, right)),
        _ if matches!(left, Value::Undefined) || matches!(right, Value::Undefined) => Err(Value::Undefined),
        _ => Err(Value::Error),
    }
}

/// `strcmp` and `stricmp`.
pub(super) fn compare(context: &dyn Context, function: Function, left: &Value, right: &Value) -> Value {
    let order = match two_texts(context, left, right) {
        Ok((left, right)) if function == Function::Strcmp => left.as_bytes().cmp(right.as_bytes()),
        Ok((left, right)) => compare_ignoring_case(&left, &right),
        Err(value) => return value,
    };
    Value::Integer(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// `versioncmp` and its relatives. HTCondor 23 knows `versionGE` in this spelling only, and so do we.
pub(super) fn version(context: &dyn Context, name: &str, left: &Value, right: &Value) -> Value {
    let order = match two_texts(context, left, right) {
        Ok((left, right)) => natural_order(&left, &right),
        Err(value) => return value,
    };
    match name {
        "versionLE" => Value::Boolean(order <= 0),
        "versionLT" => Value::Boolean(order < 0),
        "versionGE" => Value::Boolean(order >= 0),
        "versionGT" => Value::Boolean(order > 0),
        "versionEQ" => Value::Boolean(order == 0),
        name if name.eq_ignore_ascii_case("versioncmp") => Value::Integer(order),
        _ => Value::Error,
    }
}

/// `version_in_range`.
pub(super) fn version_in_range(context: &dyn Context, [version, low, high]: [&Value; 3]) -> Value {
    if matches!(low, Value::Undefined) || matches!(high, Value::Undefined) {
        return Value::Undefined;
    }
    match (to_text(version, context), to_text(low, context), to_text(high, context)) {
        (Value::String(version), Value::String(low), Value::String(high)) => {
            Value::Boolean(natural_order(&low, &version) <= 0 && natural_order(&version, &high) <= 0)
        }
        _ => Value::Error,
    }
}

/// `splitUserName` and `splitSlotName`: the parts before and after the first `@`.
pub(super) fn split_at(function: Function, value: &Value) -> Value {
    let Value::String(text) = value else { return Value::Error };
    let (first, second) = match text.split_once('@') {
        Some(parts) => parts,
        None if function == Function::SplitSlotName => ("", &**text),
        None => (&**text, ""),
    };
    List::of([Expression::text(first), Expression::text(second)])
}

/// `split`: at white space and commas, or at given letters. Two commas have an empty part between them, two spaces have
/// none.
pub(super) fn split(arguments: &[Value]) -> Value {
    let (text, separators) = match arguments {
        [Value::String(text)] => (text, ", \t"),
        [Value::String(text), Value::String(separators)] => (text, &**separators),
        _ => return Value::Error,
    };
    let is_space = |letter: char| letter.is_ascii_whitespace() || letter == '\x0b';
    let mut parts = Vec::new();
    let mut start = 0;
    let mut last_separator = None;
    for (position, letter) in text.char_indices().filter(|(_, letter)| separators.contains(*letter)) {
        if position > start {
            parts.push(Expression::text(&text[start..position]));
        } else if last_separator == Some(letter) {
            parts.push(Expression::text(""));
        }
        if !is_space(letter) {
            last_separator = Some(letter);
        }
        start = position + letter.len_utf8();
    }
    if start < text.len() {
        parts.push(Expression::text(&text[start..]));
    }
    List::of(parts)
}
