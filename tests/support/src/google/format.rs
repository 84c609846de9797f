//! The formats of a document ("Type and format summary" of Google's discovery service).

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::Number;

/// Whether a text is of this format; true for formats that say nothing about it.
pub(super) fn text(format: &str, text: &str) -> bool {
    match format {
        "int64" => text.parse::<i64>().is_ok(),
        "uint64" => text.parse::<u64>().is_ok(),
        "byte" => BASE64_STANDARD.decode(text).is_ok() || BASE64_URL_SAFE.decode(text).is_ok(),
        "google-datetime" | "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "google-duration" => text.strip_suffix('s').is_some_and(|seconds| seconds.parse::<f64>().is_ok()),
        _ => true,
    }
}

/// Whether a number is of this format.
pub(super) fn number(format: Option<&str>, number: &Number) -> bool {
    match format {
        Some("int32") => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Some("uint32") => number.as_u64().is_some_and(|number| u32::try_from(number).is_ok()),
        _ => true,
    }
}
