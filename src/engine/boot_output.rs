//! What a boot program wrote for others.

use std::collections::BTreeMap;

/// The attributes that a boot program wrote: strings as they are, everything else as JSON text. What is no object is
/// named by its kind alone: its content may be a secret in a form that nobody thought of.
pub(super) fn boot_output(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
    use serde_json::Value;
    let kind = match serde_json::from_slice(bytes).map_err(|error| error.to_string())? {
        Value::Object(object) => {
            let text = |value| if let Value::String(text) = value { text } else { value.to_string() };
            return Ok(object.into_iter().map(|(key, value)| (key, text(value))).collect());
        }
        Value::Array(_) => "a list",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Null => "null",
    };
    Err(format!("it is {kind}"))
}
