//! How large a part of a message is.

use serde::Serialize;

/// A part of a message.
#[derive(Clone, Debug, Serialize)]
pub struct PartSize {
    /// Its number and its type or name.
    pub part: String,
    /// Its length in bytes, decoded.
    pub bytes: usize,
}
