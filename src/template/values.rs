//! What a template is rendered with.

use serde_json::Value;

/// What a template is rendered with, by name.
pub type Values = serde_json::Map<String, Value>;
