//! Where in which file something stands.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::printable::without_controls;

/// A file, and where in it. One is cheap to copy: every value of a plan has its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as the user named it, so that messages read well.
    pub file: Arc<Path>,
    /// From 1; `None` speaks of the file as a whole.
    pub line: Option<usize>,
}

impl Place {
    /// A line of a file, from 1, or the file as a whole.
    pub fn new(file: impl AsRef<Path>, line: Option<usize>) -> Self {
        Self { file: Arc::from(file.as_ref()), line }
    }

    /// A file as a whole.
    pub fn file(file: impl AsRef<Path>) -> Self {
        Self::new(file, None)
    }

    /// A line, from 1, of a file whose name others share.
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
