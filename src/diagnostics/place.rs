//! Where in which file something stands.

use std::fmt;
use std::path::PathBuf;

use super::printable::printable;

/// A file, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as the user named it, so that messages read well.
    pub file: PathBuf,
    /// From 1; `None` speaks of the file as a whole.
    pub line: Option<usize>,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), line: None }
    }

    /// A line of a file, from 1.
    pub fn line(file: impl Into<PathBuf>, line: usize) -> Self {
        Self { file: file.into(), line: Some(line) }
    }
}

/// `plan.toml:12`, as editors and compilers write it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.file.display().to_string()))?;
        self.line.iter().try_for_each(|line| write!(f, ":{line}"))
    }
}
