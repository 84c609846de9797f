//! A value that is not permitted at its place in a template.

/// Reason why a value is not permitted, continuing a sentence that begins with its name. Does not contain the value
/// itself, which may be a secret.
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
