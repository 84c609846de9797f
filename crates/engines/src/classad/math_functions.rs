//! Functions on numbers.

use super::context::{Context, Outcome};
use super::conversion::real_of;
use super::frame::Frame;
use super::function::Function;
use super::number::{to_f64, to_i64};
use super::unknown::{Stop, Unknown};
use super::value::Value;

/// `floor`, `ceil`, `ceiling` and `round`.
pub(super) fn round(function: Function, value: &Value) -> Value {
    if let Value::Integer(value) = value {
        return Value::Integer(*value);
    }
    let Some(value) = real_of(value) else { return Value::Error };
    Value::Integer(to_i64(match function {
        Function::Floor => value.floor(),
        Function::Round => value.round_ties_even(),
        _ => value.ceil(),
    }))
}

/// `pow`. Whole numbers are computed as reals and rounded up from half, so `pow(-2, 3)` is -7 as in HTCondor 23.
pub(super) fn power(base: &Value, exponent: &Value) -> Value {
    if let (Value::Integer(base), Value::Integer(exponent)) = (base, exponent)
        && *exponent >= 0
    {
        return Value::Integer(to_i64(to_f64(*base).powf(to_f64(*exponent)) + 0.5));
    }
    match (real_of(base), real_of(exponent)) {
        (Some(base), Some(exponent)) => Value::Real(base.powf(exponent)),
        _ => Value::Error,
    }
}

/// `quantize`.
///
/// # Errors
///
/// Says why an item of the list has no value.
pub(super) fn quantize(context: &mut dyn Context, frame: &Frame, value: &Value, unit: &Value) -> Outcome {
    let Some(number) = real_of(value) else { return Ok(Value::Error) };
    let mut unit = unit.clone();
    if let Value::List(list) = &unit {
        let mut last = Value::Real(0.0);
        for item in list.items() {
            last = context.evaluate_item(item, &list.frame, frame)?;
            match real_of(&last) {
                None => return Ok(Value::Error),
                Some(limit) if limit >= number => return Ok(last),
                Some(_) => {}
            }
        }
        unit = last;
    }
    let Some(size) = real_of(&unit) else { return Ok(Value::Error) };
    Ok(match (&unit, value) {
        (Value::Integer(0), _) => value.clone(),
        (Value::Integer(unit), Value::Integer(value)) => {
            let whole = value.wrapping_add(*unit).wrapping_sub(1);
            Value::Integer(whole.checked_div(*unit).unwrap_or(i64::MAX).wrapping_mul(*unit))
        }
        (Value::Integer(_), _) => Value::Real((number / size).ceil() * size),
        _ if (-1e-8..=1e-8).contains(&size) => value.clone(),
        _ => Value::Real((number / size).ceil() * size),
    })
}

/// `random`. Its value is by chance, so it is not known here.
///
/// # Errors
///
/// Always, unless the argument is no number.
pub(super) fn random(limit: Option<&Value>) -> Outcome {
    match limit {
        Some(Value::Integer(limit)) if *limit <= 0 => Err(Stop::Failed),
        Some(Value::Real(limit)) if *limit <= 0.0 => Err(Stop::Failed),
        None | Some(Value::Integer(_) | Value::Real(_)) => Err(Unknown::Environment("random".to_owned()).into()),
        Some(_) => Ok(Value::Error),
    }
}
