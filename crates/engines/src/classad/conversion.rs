//! Conversions between kinds of values.

use std::sync::Arc;

use super::context::Context;
use super::expression::{Expression, Node};
use super::frame::Frame;
use super::literal::Literal;
use super::number::{leading_real, to_f64, to_i32, to_i64};
use super::time_text::{absolute_text, relative_text};
use super::value::Value;

/// Puts an ad itself in place of a reference to one of the two ads, so that the value can leave the evaluation.
pub(super) fn settled(value: Value, context: &dyn Context) -> Value {
    match value {
        Value::Ad(frame @ Frame::Top(_)) => {
            let ad = context.ad(&frame).cloned().unwrap_or_default();
            Value::Ad(Frame::nested(Arc::new(ad), Frame::Nothing))
        }
        value => value,
    }
}

/// Converts to a text. Undefined and error stay what they are.
pub(super) fn to_text(value: &Value, context: &dyn Context) -> Value {
    match value {
        Value::Undefined | Value::Error | Value::String(_) => value.clone(),
        Value::AbsTime(time) => Value::text(absolute_text(*time)),
        Value::RelTime(seconds) => Value::text(relative_text(f64::from(to_i32(*seconds)))),
        _ => Value::text(settled(value.clone(), context).to_string()),
    }
}

/// Converts to a whole number. Undefined stays so, what cannot be converted is an error.
pub(super) fn to_integer(value: &Value) -> Value {
    match value {
        Value::Undefined => Value::Undefined,
        Value::Boolean(value) => Value::Integer(i64::from(*value)),
        Value::Integer(value) => Value::Integer(*value),
        Value::Real(value) => Value::Integer(to_i64(*value)),
        Value::RelTime(value) => Value::Integer(i64::from(to_i32(*value))),
        Value::AbsTime(time) => Value::Integer(time.seconds),
        Value::String(text) => match leading_real(text) {
            (_, 0) => Value::Error,
            (number, _) => Value::Integer(to_i64(number)),
        },
        Value::Error | Value::List(_) | Value::Ad(_) => Value::Error,
    }
}

/// Converts to a real; `None` for what cannot be converted.
pub(super) fn real_of(value: &Value) -> Option<f64> {
    match value {
        Value::Boolean(value) => Some(f64::from(u8::from(*value))),
        Value::Integer(value) => Some(to_f64(*value)),
        Value::Real(value) => Some(*value),
        Value::RelTime(value) => Some(f64::from(to_i32(*value))),
        Value::AbsTime(time) => Some(to_f64(time.seconds)),
        Value::String(text) => Some(leading_real(text)).filter(|(_, length)| *length > 0).map(|(number, _)| number),
        Value::Undefined | Value::Error | Value::List(_) | Value::Ad(_) => None,
    }
}

/// Converts to a real. Undefined stays so, what cannot be converted is an error.
pub(super) fn to_real(value: &Value) -> Value {
    match value {
        Value::Undefined => Value::Undefined,
        value => real_of(value).map_or(Value::Error, Value::Real),
    }
}

/// Converts to a boolean. A text that is neither true nor false is undefined.
pub(super) fn to_boolean(value: &Value) -> Value {
    match value {
        Value::Undefined => Value::Undefined,
        Value::Boolean(value) => Value::Boolean(*value),
        Value::Integer(value) => Value::Boolean(*value != 0),
        Value::Real(value) => Value::Boolean(*value != 0.0),
        Value::RelTime(value) => Value::Boolean(to_i32(*value) != 0),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Value::Boolean(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Value::Boolean(false),
        Value::String(_) => Value::Undefined,
        Value::Error | Value::AbsTime(_) | Value::List(_) | Value::Ad(_) => Value::Error,
    }
}

/// Makes an expression that has a value.
pub(super) fn expression_of(context: &dyn Context, value: &Value) -> Expression {
    match value {
        Value::List(list) => Node::List(Arc::clone(&list.items)).into(),
        Value::Ad(frame) => Node::Ad(Arc::new(context.ad(frame).cloned().unwrap_or_default())).into(),
        value => Expression::Literal(value.to_literal().unwrap_or(Literal::Error)),
    }
}
