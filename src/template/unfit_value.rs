//! A value that cannot stand where a template wants it.

/// Why a value cannot stand there, as the rest of a sentence that begins with its name. The value itself may be a
/// secret and is kept out of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UnfitValue(String);

impl From<String> for UnfitValue {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&str> for UnfitValue {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}
