//! Sizes of a message's parts.

use serde::Serialize;

/// The size of a part.
#[derive(Clone, Debug, Serialize)]
pub struct PartSize {
    /// The part's number and its type or name.
    pub part: String,
    /// The decoded size in bytes.
    pub bytes: usize,
}
