//! A place in a template where a value is inserted unchanged.

/// A place where a value is inserted unchanged, so that a malicious one could break out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnescapedValue {
    /// Line, from 1.
    pub line: usize,
    /// Name as written.
    pub name: String,
}
