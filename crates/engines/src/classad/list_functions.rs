//! Functions on lists.

use super::context::{Context, Outcome};
use super::conversion::{real_of, to_integer};
use super::expression::{ClassAd, Expression};
use super::frame::Frame;
use super::function::Function;
use super::operation::binary;
use super::operator::Binary;
use super::value::Value;

/// `member` and `identicalMember`.
///
/// # Errors
///
/// Says why an item of the list has no value.
pub(super) fn member(
    context: &mut dyn Context,
    frame: &Frame,
    function: Function,
    item: &Value,
    list: &Value,
) -> Outcome {
    let identical = function == Function::IdenticalMember;
    if matches!(list, Value::Undefined) || (!identical && matches!(item, Value::Undefined)) {
        return Ok(Value::Undefined);
    }
    let Value::List(list) = list else { return Ok(Value::Error) };
    if matches!(item, Value::List(_) | Value::Ad(_)) || (!identical && matches!(item, Value::Error)) {
        return Ok(Value::Error);
    }
    let operator = if identical { Binary::Is } else { Binary::Equal };
    for candidate in list.items() {
        let candidate = context.evaluate_item(candidate, &list.frame, frame)?;
        if matches!(binary(operator, &candidate, item), Value::Boolean(true)) {
            return Ok(Value::Boolean(true));
        }
    }
    Ok(Value::Boolean(false))
}

/// `size` of a list, an ad or a text (in bytes).
pub(super) fn size(context: &dyn Context, value: &Value) -> Value {
    let length = match value {
        Value::Undefined => return Value::Undefined,
        Value::List(list) => list.items().len(),
        Value::String(text) => text.len(),
        Value::Ad(frame) => context.ad(frame).map_or(0, ClassAd::len),
        _ => return Value::Error,
    };
    Value::Integer(i64::try_from(length).unwrap_or(i64::MAX))
}

/// The better of two numbers, converted to what both can be compared as.
fn better(operator: Binary, candidate: Value, best: Value) -> Value {
    let value = if binary(operator, &candidate, &best).is_true() { candidate.clone() } else { best.clone() };
    if matches!(candidate, Value::Real(_)) || matches!(best, Value::Real(_)) {
        real_of(&value).map_or(Value::Error, Value::Real)
    } else {
        to_integer(&value)
    }
}

/// `sum`, `avg`, `min` and `max`. Undefined items do not count.
///
/// # Errors
///
/// Says why an item of the list has no value.
pub(super) fn summary(context: &mut dyn Context, frame: &Frame, function: Function, list: &Value) -> Outcome {
    let list = match list {
        Value::Undefined => return Ok(Value::Undefined),
        Value::List(list) => list,
        _ => return Ok(Value::Error),
    };
    let mut result = None;
    let mut count = 0.0;
    for item in list.items() {
        let value = context.evaluate_item(item, &list.frame, frame)?;
        match value {
            Value::Undefined => continue,
            Value::Boolean(_) | Value::Integer(_) | Value::Real(_) => {}
            _ => return Ok(Value::Error),
        }
        count += 1.0;
        result = Some(match (function, result) {
            (_, None) => value,
            (Function::Min, Some(best)) => better(Binary::Less, value, best),
            (Function::Max, Some(best)) => better(Binary::Greater, value, best),
            (_, Some(total)) => binary(Binary::Add, &total, &value),
        });
    }
    Ok(match (function, result) {
        (Function::Min | Function::Max, None) => Value::Undefined,
        (_, None) => Value::Integer(0),
        (Function::Avg, Some(total)) => binary(Binary::Divide, &total, &Value::Real(count)),
        (_, Some(result)) => result,
    })
}

/// `anyCompare` and `allCompare`. An item that cannot be compared decides: against all, and as the end of the search
/// for any.
///
/// # Errors
///
/// Says why an argument or an item of the list has no value.
pub(super) fn compare(
    context: &mut dyn Context,
    frame: &Frame,
    function: Function,
    [operator, list, value]: [&Expression; 3],
) -> Outcome {
    let operator = match context.evaluate(operator, frame)? {
        Value::Undefined => return Ok(Value::Undefined),
        Value::String(text) => match &*text {
            "<" => Binary::Less,
            "<=" => Binary::LessOrEqual,
            "!=" => Binary::NotEqual,
            "==" => Binary::Equal,
            ">" => Binary::Greater,
            ">=" => Binary::GreaterOrEqual,
            "is" => Binary::Is,
            "isnt" => Binary::Isnt,
            _ => return Ok(Value::Error),
        },
        _ => return Ok(Value::Error),
    };
    let list = match context.evaluate(list, frame)? {
        Value::Undefined => return Ok(Value::Undefined),
        Value::List(list) => list,
        _ => return Ok(Value::Error),
    };
    let value = context.evaluate(value, frame)?;
    let all = function == Function::AllCompare;
    for item in list.items() {
        let item = context.evaluate_item(item, &list.frame, frame)?;
        match binary(operator, &item, &value) {
            Value::Boolean(result) if result == all => {}
            Value::Boolean(result) => return Ok(Value::Boolean(result)),
            Value::Undefined => return Ok(Value::Boolean(false)),
            _ => return Ok(Value::Error),
        }
    }
    Ok(Value::Boolean(all))
}
