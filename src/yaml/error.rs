//! Errors of YAML texts.

use saphyr_parser::Tag;

use super::dialect::Dialect;

/// The reason why a text cannot be parsed. The caller adds the file to make a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(crate) struct YamlError {
    /// The line, from 1.
    pub(crate) line: u32,
    pub(crate) message: String,
    /// The kind, which determines the severity.
    pub(crate) kind: ProblemKind,
}

/// The kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// The text is not YAML, or larger than anybody writes.
    Text,
    /// A tab where PyYAML accepts only spaces.
    Tab,
    /// A tag unknown to cloud-init, which therefore rejects the document.
    Tag,
    /// A second document, because of which cloud-init rejects the first.
    SecondDocument,
}

impl YamlError {
    pub(super) fn new(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), kind: ProblemKind::Text }
    }

    pub(super) fn tag(line: u32, tag: &Tag, dialect: Dialect) -> Self {
        let message = format!("{} does not know the tag {}{}", dialect.reader(), tag.handle, tag.suffix);
        Self { line, message, kind: ProblemKind::Tag }
    }
}
