//! A place of a template where a value is put down as it is.

/// A place where a value is put down as it is, so that a wicked one could break out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnescapedValue {
    /// From 1.
    pub line: usize,
    /// The name as written.
    pub name: String,
}
