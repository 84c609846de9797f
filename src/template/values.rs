//! Values for rendering a template.

use serde_json::Value;

/// Values for rendering a template, by name.
pub type Values = serde_json::Map<String, Value>;
