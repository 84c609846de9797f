//! Output of boot programs for other services.

use std::collections::BTreeMap;

use serde_json::Value;

/// Why a boot program's output gives no attributes. A value other than an object is named by its kind alone: its
/// content may be a secret in an unforeseen form.
#[derive(Debug, thiserror::Error)]
pub(super) enum BootOutputError {
    /// Invalid JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A JSON value of this kind instead of an object.
    #[error("it is {0}")]
    NoObject(&'static str),
}

/// Parses the attributes that a boot program wrote: strings stay as they are, other values become JSON text.
pub(super) fn boot_output(bytes: &[u8]) -> Result<BTreeMap<String, String>, BootOutputError> {
    let kind = match serde_json::from_slice(bytes)? {
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
    Err(BootOutputError::NoObject(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_as_they_are_and_all_else_is_json() {
        let output = boot_output(br#"{"port": 80, "name": "a b", "list": [1, "x"]}"#).unwrap();
        let pairs: Vec<_> = output.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("list", "[1,\"x\"]"), ("name", "a b"), ("port", "80")]);
    }

    #[test]
    fn what_is_no_object_is_named_by_its_kind_alone() {
        for (text, told) in
            [("[\"hunter22\"]", "it is a list"), ("\"hunter22\"", "it is a string"), ("null", "it is null")]
        {
            assert_eq!(boot_output(text.as_bytes()).unwrap_err().to_string(), told);
        }
        assert!(matches!(boot_output(b"hunter22"), Err(BootOutputError::Json(_))));
    }
}
