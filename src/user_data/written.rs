//! The interpretation of `write_files` entries as in cloud-init, shared by the linter and the local cloud.

use super::{base64, part_kind};
use crate::yaml::YamlValue;

/// The maximum unpacked size of a compressed file, in bytes.
const FILE_LIMIT: usize = 10 * 1024 * 1024;

/// cloud-init's permissions of files that do not specify any.
pub(crate) const DEFAULT_MODE: u32 = 0o644;

/// The reason why a file has no content, worded as the rest of a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ContentError {
    /// The content is not base64.
    #[error("its content is not base64")]
    NotBase64,
    /// The content is not gzip.
    #[error("its content is not gzip")]
    NotGzip,
    /// The unpacked content is too large for a file of user data.
    #[error("it unpacks to more than {FILE_LIMIT} bytes")]
    TooLarge,
    /// cloud-init does not support this encoding.
    #[error("there is no encoding {0:?}")]
    NoEncoding(String),
}

/// Invalid permissions, as written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the permissions {0:?} are not octal digits like \"0644\"")]
pub(crate) struct NoPermissions(String);

/// Decodes the content of a file from an encoding of `write_files`.
///
/// # Errors
/// The content is not in that encoding, or the encoding is unknown.
pub(crate) fn content(text: &str, encoding: &str) -> Result<Vec<u8>, ContentError> {
    let from_base64 = || base64::decode_padded(text).ok_or(ContentError::NotBase64);
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "text/plain" => Ok(text.as_bytes().to_vec()),
        "b64" | "base64" => from_base64(),
        // Content that is only compressed is binary data (`!!binary`), which is written in base64 as well.
        "gz" | "gzip" | "gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64" => {
            part_kind::unpack_up_to(&from_base64()?, FILE_LIMIT).map_err(|reason| match reason {
                part_kind::NotUnpacked::Damaged => ContentError::NotGzip,
                part_kind::NotUnpacked::TooLarge => ContentError::TooLarge,
            })
        }
        other => Err(ContentError::NoEncoding(other.to_owned())),
    }
}

/// Returns the permissions of a file: octal digits, or a number, which cloud-init takes as it is (`0644` is 420 in
/// YAML).
///
/// # Errors
/// The value is neither.
pub(crate) fn permissions(value: &YamlValue) -> Result<u32, NoPermissions> {
    let mode = match value {
        YamlValue::Null => Some(DEFAULT_MODE),
        YamlValue::Int(number) => u32::try_from(*number).ok(),
        YamlValue::Text { text, .. } => u32::from_str_radix(text.strip_prefix("0o").unwrap_or(text), 8).ok(),
        _ => None,
    };
    let shown = value.as_written().unwrap_or_else(|| value.kind().to_owned());
    mode.filter(|mode| *mode <= 0o7777).ok_or(NoPermissions(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_and_permissions_are_what_cloud_init_makes_of_them() {
        assert_eq!(content("aGk=", "b64").unwrap(), b"hi");
        assert_eq!(content("aGk=", "BASE64").unwrap(), b"hi");
        assert_eq!(content("aGk=", "").unwrap(), b"aGk=");
        assert_eq!(content("!", "b64"), Err(ContentError::NotBase64));
        assert_eq!(content("aGk=", "gz+b64"), Err(ContentError::NotGzip));
        assert_eq!(content("x", "rot13").unwrap_err().to_string(), "there is no encoding \"rot13\"");
        let text = |text: &str| YamlValue::Text { text: text.to_owned(), literal_from: None };
        for (value, mode) in
            [(text("0644"), 0o644), (text("0o600"), 0o600), (YamlValue::Int(420), 0o644), (YamlValue::Null, 0o644)]
        {
            assert_eq!(permissions(&value), Ok(mode));
        }
        assert!(permissions(&text("u+x")).is_err() && permissions(&YamlValue::Int(100_000)).is_err());
    }
}
