//! Operators applied to values.

use std::cmp::Ordering;

use super::literal::AbsTime;
use super::number::{to_f64, to_i32};
use super::operator::{Binary, Unary};
use super::value::Value;

/// Applies an operator before its operand.
pub(super) fn unary(operator: Unary, value: Value) -> Value {
    match (operator, value) {
        (_, Value::Undefined) => Value::Undefined,
        (Unary::Plus, value @ (Value::Integer(_) | Value::Real(_) | Value::RelTime(_))) => value,
        (Unary::Minus, Value::Integer(value)) => Value::Integer(value.wrapping_neg()),
        (Unary::Minus, Value::Real(value)) => Value::Real(-value),
        (Unary::Minus, Value::RelTime(value)) => Value::RelTime(-value),
        (Unary::BitNot, Value::Integer(value)) => Value::Integer(!value),
        (Unary::Not, value) => value.as_condition().map_or(Value::Error, |value| Value::Boolean(!value)),
        _ => Value::Error,
    }
}

/// Applies an operator to two values.
pub(super) fn binary(operator: Binary, left: &Value, right: &Value) -> Value {
    match operator {
        Binary::And => and(left, right),
        Binary::Or => or(left, right),
        Binary::Is => same(left, right).map_or(Value::Error, Value::Boolean),
        Binary::Isnt => same(left, right).map_or(Value::Error, |same| Value::Boolean(!same)),
        _ => match (left, right) {
            (Value::Error, _) | (_, Value::Error) => Value::Error,
            (Value::Undefined, _) | (_, Value::Undefined) => Value::Undefined,
            _ => strict(operator, left, right),
        },
    }
}

fn strict(operator: Binary, left: &Value, right: &Value) -> Value {
    match operator {
        Binary::Equal
        | Binary::NotEqual
        | Binary::Less
        | Binary::LessOrEqual
        | Binary::Greater
        | Binary::GreaterOrEqual => compare(operator, left, right).map_or(Value::Error, Value::Boolean),
        Binary::BitOr
        | Binary::BitXor
        | Binary::BitAnd
        | Binary::ShiftLeft
        | Binary::ShiftRight
        | Binary::ShiftRightUnsigned => match (left, right) {
            (Value::Integer(left), Value::Integer(right)) => Value::Integer(bits(operator, *left, *right)),
            _ => Value::Error,
        },
        _ => arithmetic(operator, left, right),
    }
}

/// A value in the three-valued logic, `Err` for one that has no place in it.
fn logic(value: &Value) -> Result<Option<bool>, ()> {
    match value {
        Value::Undefined => Ok(None),
        value => value.as_condition().map(Some).ok_or(()),
    }
}

/// `left && right`. An error at the left wins over a false at the right, but not the other way round.
fn and(left: &Value, right: &Value) -> Value {
    match (logic(left), logic(right)) {
        (Ok(Some(false)), _) => Value::Boolean(false),
        (Err(()), _) | (_, Err(())) => Value::Error,
        (Ok(Some(true)), Ok(Some(right))) => Value::Boolean(right),
        (Ok(None), Ok(Some(false))) => Value::Boolean(false),
        _ => Value::Undefined,
    }
}

/// `left || right`.
fn or(left: &Value, right: &Value) -> Value {
    match (logic(left), logic(right)) {
        (Ok(Some(true)), _) => Value::Boolean(true),
        (Err(()), _) | (_, Err(())) => Value::Error,
        (Ok(Some(false)), Ok(Some(right))) => Value::Boolean(right),
        (Ok(None), Ok(Some(true))) => Value::Boolean(true),
        _ => Value::Undefined,
    }
}

/// `left =?= right`; `None` for two lists or two ads.
fn same(left: &Value, right: &Value) -> Option<bool> {
    Some(match (left, right) {
        (Value::Undefined, Value::Undefined) | (Value::Error, Value::Error) => true,
        (Value::Boolean(left), Value::Boolean(right)) => left == right,
        (Value::Integer(left), Value::Integer(right)) => left == right,
        #[expect(clippy::float_cmp, reason = "the operator compares exactly")]
        (Value::Real(left), Value::Real(right)) | (Value::RelTime(left), Value::RelTime(right)) => left == right,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::AbsTime(left), Value::AbsTime(right)) => left == right,
        (Value::List(left), Value::List(right)) if left.made != right.made => false,
        (Value::List(_), Value::List(_)) | (Value::Ad(_), Value::Ad(_)) => return None,
        _ => false,
    })
}

/// Compares texts without regard to the case of ASCII letters, like `strcasecmp`.
pub(super) fn compare_ignoring_case(left: &str, right: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    left.bytes().map(lower).cmp(right.bytes().map(lower))
}

/// A number; booleans count as 0 and 1.
#[derive(Clone, Copy)]
enum Number {
    Integer(i64),
    Real(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Boolean(value) => Some(Self::Integer(i64::from(*value))),
            Value::Integer(value) => Some(Self::Integer(*value)),
            Value::Real(value) => Some(Self::Real(*value)),
            _ => None,
        }
    }

    fn real(self) -> f64 {
        match self {
            Self::Integer(value) => to_f64(value),
            Self::Real(value) => value,
        }
    }
}

/// Compares two values that are neither undefined nor errors; `None` if that makes no sense.
fn compare(operator: Binary, left: &Value, right: &Value) -> Option<bool> {
    let ordering = match (left, right) {
        (Value::String(left), Value::String(right)) => Some(compare_ignoring_case(left, right)),
        (Value::AbsTime(left), Value::AbsTime(right)) => Some(left.seconds.cmp(&right.seconds)),
        (Value::RelTime(left), Value::RelTime(right)) => left.partial_cmp(right),
        _ => match (Number::of(left)?, Number::of(right)?) {
            (Number::Integer(left), Number::Integer(right)) => Some(left.cmp(&right)),
            (left, right) => left.real().partial_cmp(&right.real()),
        },
    };
    // Without an order (not a number) only "!=" holds.
    let Some(ordering) = ordering else { return Some(operator == Binary::NotEqual) };
    Some(match operator {
        Binary::Equal => ordering.is_eq(),
        Binary::NotEqual => ordering.is_ne(),
        Binary::Less => ordering.is_lt(),
        Binary::LessOrEqual => ordering.is_le(),
        Binary::Greater => ordering.is_gt(),
        Binary::GreaterOrEqual => ordering.is_ge(),
        _ => return None,
    })
}

/// Shifts wrap their distance at 64, as x86-64 does.
fn bits(operator: Binary, left: i64, right: i64) -> i64 {
    let distance = |distance: i64| u32::try_from(distance.rem_euclid(64)).unwrap_or(0);
    match operator {
        Binary::BitOr => left | right,
        Binary::BitXor => left ^ right,
        Binary::BitAnd => left & right,
        Binary::ShiftLeft => left.wrapping_shl(distance(right)),
        Binary::ShiftRight if left >= 0 => left.wrapping_shr(distance(right)),
        Binary::ShiftRight if right > 63 => -1,
        Binary::ShiftRight => left.wrapping_shr(u32::try_from(right).unwrap_or(0)),
        _ if left >= 0 => left.wrapping_shr(distance(right)),
        _ => ((left >> 1) & i64::MAX).wrapping_shr(distance(right.wrapping_sub(1))),
    }
}

fn arithmetic(operator: Binary, left: &Value, right: &Value) -> Value {
    match (Number::of(left), Number::of(right)) {
        (Some(Number::Integer(left)), Some(Number::Integer(right))) => integers(operator, left, right),
        (Some(left), Some(right)) => reals(operator, left.real(), right.real()),
        _ => times(operator, left, right),
    }
}

fn integers(operator: Binary, left: i64, right: i64) -> Value {
    Value::Integer(match operator {
        Binary::Add => left.wrapping_add(right),
        Binary::Subtract => left.wrapping_sub(right),
        Binary::Multiply => left.wrapping_mul(right),
        Binary::Divide if right != 0 => left.checked_div(right).unwrap_or(i64::MAX),
        Binary::Remainder if right != 0 => left.checked_rem(right).unwrap_or(0),
        _ => return Value::Error,
    })
}

/// Positive infinity is an error, negative infinity is none.
fn reals(operator: Binary, left: f64, right: f64) -> Value {
    let value = match operator {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide => left / right,
        _ => return Value::Error,
    };
    if value.is_infinite() && value > 0.0 { Value::Error } else { Value::Real(value) }
}

fn times(operator: Binary, left: &Value, right: &Value) -> Value {
    let shifted = |time: &AbsTime, seconds: i64| {
        Value::AbsTime(AbsTime { seconds: time.seconds.wrapping_add(seconds), offset: time.offset })
    };
    match (operator, left, right) {
        (Binary::Add, Value::AbsTime(time), Value::RelTime(span))
        | (Binary::Add, Value::RelTime(span), Value::AbsTime(time)) => shifted(time, i64::from(to_i32(*span))),
        (Binary::Subtract, Value::AbsTime(time), Value::RelTime(span)) => shifted(time, -i64::from(to_i32(*span))),
        (Binary::Subtract, Value::AbsTime(left), Value::AbsTime(right)) => {
            Value::RelTime(to_f64(left.seconds.wrapping_sub(right.seconds)))
        }
        (Binary::Add, Value::RelTime(left), Value::RelTime(right)) => Value::RelTime(left + right),
        (Binary::Subtract, Value::RelTime(left), Value::RelTime(right)) => Value::RelTime(left - right),
        (Binary::Multiply, Value::RelTime(span), Value::Integer(factor))
        | (Binary::Multiply, Value::Integer(factor), Value::RelTime(span)) => Value::RelTime(span * to_f64(*factor)),
        (Binary::Multiply, Value::RelTime(span), Value::Real(factor))
        | (Binary::Multiply, Value::Real(factor), Value::RelTime(span)) => Value::RelTime(span * factor),
        (Binary::Divide, Value::RelTime(span), Value::Integer(divisor)) => Value::RelTime(span / to_f64(*divisor)),
        (Binary::Divide, Value::RelTime(span), Value::Real(divisor)) => Value::RelTime(span / divisor),
        _ => Value::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::super::operator::Binary;
    use super::{Value, binary};

    fn of(operator: Binary, left: &Value, right: &Value) -> String {
        binary(operator, left, right).to_string()
    }

    #[test]
    fn an_error_at_the_left_wins_but_a_decision_at_the_left_does_too() {
        let (yes, no) = (Value::Boolean(true), Value::Boolean(false));
        assert_eq!(of(Binary::And, &Value::Error, &no), "error");
        assert_eq!(of(Binary::And, &no, &Value::Error), "false");
        assert_eq!(of(Binary::And, &Value::Undefined, &no), "false");
        assert_eq!(of(Binary::Or, &Value::Undefined, &yes), "true");
        assert_eq!(of(Binary::Or, &Value::Undefined, &no), "undefined");
        assert_eq!(of(Binary::Or, &yes, &Value::text("x")), "true");
        assert_eq!(of(Binary::And, &yes, &Value::text("x")), "error");
    }

    #[test]
    fn shifts_divisions_and_infinities() {
        let integer = Value::Integer;
        assert_eq!(of(Binary::ShiftRightUnsigned, &integer(-1), &integer(1)), "9223372036854775807");
        assert_eq!(of(Binary::ShiftRightUnsigned, &integer(-1), &integer(0)), "0");
        assert_eq!(of(Binary::ShiftLeft, &integer(1), &integer(-1)), "-9223372036854775808");
        assert_eq!(of(Binary::Divide, &integer(i64::MIN), &integer(-1)), "9223372036854775807");
        assert_eq!(of(Binary::Remainder, &integer(-7), &integer(3)), "-1");
        assert_eq!(of(Binary::Divide, &Value::Real(1.0), &integer(0)), "error");
        assert_eq!(of(Binary::Divide, &Value::Real(-1.0), &integer(0)), "real(\"-INF\")");
    }
}
