//! Where in which file something was written.

use std::path::Path;
use std::sync::Arc;

/// A line of a file; the file is named as the user named it, so that messages read well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SourceLocation {
    pub(super) file: Arc<Path>,
    /// From 1; `None` speaks of the file as a whole.
    pub(super) line: Option<usize>,
}

impl SourceLocation {
    pub(super) fn file(file: &Path) -> Self {
        Self { file: Arc::from(file), line: None }
    }

    pub(super) fn line(file: &Arc<Path>, line: usize) -> Self {
        Self { file: file.clone(), line: Some(line) }
    }
}

impl std::fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file.display()),
            None => write!(f, "{}", self.file.display()),
        }
    }
}

/// A value with the place that it was written at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: SourceLocation,
    /// The environment variable that the value came from (`env.NAME`), where it came from one.
    pub(super) env: Option<Arc<str>>,
}

impl<T> Located<T> {
    pub(super) fn new(value: T, place: SourceLocation) -> Self {
        Self { value, place, env: None }
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), place: self.place, env: self.env }
    }
}
