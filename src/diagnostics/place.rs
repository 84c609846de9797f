//! A place in a file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::printable::without_controls;

/// A file, and a line in it. Cheap to clone, since every value of a plan has its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as the user named it, so that messages read well.
    pub file: Arc<Path>,
    /// The line number, from 1; `None` means the whole file.
    pub line: Option<usize>,
}

impl Place {
    /// Creates a place in a file: a line, from 1, or the whole file.
    pub fn new(file: impl AsRef<Path>, line: Option<usize>) -> Self {
        Self { file: Arc::from(file.as_ref()), line }
    }

    /// Creates a place that means a whole file.
    pub fn file(file: impl AsRef<Path>) -> Self {
        Self::new(file, None)
    }

    /// Creates a place at a line, from 1, of a file whose path is shared.
    pub fn line(file: &Arc<Path>, line: usize) -> Self {
        Self { file: file.clone(), line: Some(line) }
    }
}

/// `plan.toml:12`, as editors and compilers write it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_controls(&self.file.display().to_string()))?;
        self.line.iter().try_for_each(|line| write!(f, ":{line}"))
    }
}
