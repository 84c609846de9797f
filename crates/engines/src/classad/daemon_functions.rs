//! Functions whose value the daemon's machine decides.

use super::context::Outcome;
use super::unknown::Unknown;
use super::value::Value;

/// `userHome`.
///
/// # Errors
///
/// Always, if it would ask the machine.
pub(super) fn user_home(arguments: &[Value]) -> Outcome {
    let fallback = match arguments.get(1) {
        Some(Value::String(fallback)) if !fallback.is_empty() => Some(Value::String(fallback.clone())),
        _ => None,
    };
    match arguments.first() {
        Some(Value::String(_)) => Err(Unknown::Environment("userHome".to_owned()).into()),
        Some(Value::Undefined) => Ok(fallback.unwrap_or(Value::Undefined)),
        _ => Ok(fallback.unwrap_or(Value::Error)),
    }
}

/// `userMap`.
///
/// # Errors
///
/// Always, if it would ask the daemon's maps.
pub(super) fn user_map(arguments: &[Value]) -> Outcome {
    let (map, user) = (arguments.first(), arguments.get(1));
    match (map, user) {
        (Some(Value::String(_)), Some(Value::String(_))) => Err(Unknown::Environment("userMap".to_owned()).into()),
        (Some(Value::Error), _) | (_, Some(Value::Error)) => Ok(Value::Error),
        _ => Ok(arguments.get(3).cloned().unwrap_or(Value::Undefined)),
    }
}
