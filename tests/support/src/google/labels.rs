//! Labels, metadata and tags: what Google takes as them, and how it shows them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::error::GoogleError;
use super::instance::fingerprint;

/// The most labels, the longest key or value, and the longest value of metadata and the sum of all.
const LABELS: usize = 64;
const LENGTH: usize = 63;
const METADATA: usize = 262_144;
const ALL_METADATA: usize = 524_288;

/// Whether Google takes these labels.
pub(super) fn check(field: &str, labels: &Value) -> Result<(), GoogleError> {
    let Some(labels) = labels.as_object() else { return Ok(()) };
    if labels.len() > LABELS {
        let why = format!("The number of labels is {}, the most are {LABELS}.", labels.len());
        return Err(GoogleError::invalid(field, "", &why));
    }
    for (key, value) in labels {
        let value = value.as_str().unwrap_or_default();
        let allowed = |c: char| c == '-' || c == '_' || c.is_numeric() || (c.is_alphabetic() && !c.is_uppercase());
        let begins = key.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_uppercase());
        if !begins || !key.chars().all(allowed) || key.chars().count() > LENGTH {
            let why = format!(
                "Label key '{key}' violates format constraints. The key must start with a lowercase character, can \
                 only contain lowercase letters, numeric characters, underscores and dashes. The key can be at most 63 \
                 characters long. International characters are allowed."
            );
            return Err(GoogleError::invalid(field, "", &why));
        }
        if !value.chars().all(allowed) || value.chars().count() > LENGTH {
            let why = format!(
                "Label value '{value}' violates format constraints. The value can only contain lowercase letters, \
                 numeric characters, underscores and dashes. The value can be at most 63 characters long. International \
                 characters are allowed."
            );
            return Err(GoogleError::invalid(field, "", &why));
        }
    }
    Ok(())
}

/// Whether Google takes this metadata.
pub(super) fn check_metadata(field: &str, metadata: &Value) -> Result<(), GoogleError> {
    let (mut keys, mut whole) = (BTreeSet::new(), 0);
    for item in metadata["items"].as_array().into_iter().flatten() {
        let (key, value) = (item["key"].as_str().unwrap_or_default(), item["value"].as_str().unwrap_or_default());
        if !keys.insert(key) {
            return Err(GoogleError::invalid(&format!("{field}.items"), key, "Metadata has duplicate keys."));
        }
        if value.len() > METADATA {
            let field = format!("{field}.items[{}].value", keys.len() - 1);
            return Err(GoogleError::invalid(&field, "", &format!("The value is longer than {METADATA} bytes.")));
        }
        whole += key.len() + value.len();
    }
    if whole > ALL_METADATA {
        let why = format!("Metadata is {whole} bytes long, and {ALL_METADATA} at most are allowed.");
        return Err(GoogleError::invalid(field, "", &why));
    }
    Ok(())
}

/// Metadata as an instance shows it.
pub(super) fn metadata(given: &Value) -> Value {
    let items = given["items"].as_array().cloned().unwrap_or_default();
    let mut shown = json!({"kind": "compute#metadata", "fingerprint": fingerprint(&json!(items))});
    if !items.is_empty() {
        shown["items"] = json!(items);
    }
    shown
}

/// Tags as an instance shows them.
pub(super) fn tags(given: &Value) -> Value {
    let items = given["items"].as_array().cloned().unwrap_or_default();
    let mut shown = json!({"fingerprint": fingerprint(&json!(items))});
    if !items.is_empty() {
        shown["items"] = json!(items);
    }
    shown
}
