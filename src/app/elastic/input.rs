use std::path::{Path, PathBuf};

use crate::app::CommandError;
use crate::elastic::simulate::{Format, Scenario};
use crate::plan::read_file;

/// Largest file, in bytes.
const MAX_INPUT: u64 = 1 << 30;

/// A scenario or a workload, as its file has it.
pub(crate) struct Input {
    file: PathBuf,
    pub(super) content: Vec<u8>,
}

impl Input {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read or is too large.
    pub(crate) fn read(file: &Path) -> Result<Self, CommandError> {
        let unreadable = |why: String| CommandError::new(format!("cannot read {}: {why}", file.display()));
        let content = read_file(file, MAX_INPUT).map_err(|error| unreadable(error.to_string()))?;
        if content.len() as u64 > MAX_INPUT {
            return Err(unreadable(format!("it has more than {MAX_INPUT} bytes")));
        }
        Ok(Self { file: file.to_owned(), content })
    }

    /// Returns the scenario, if the content looks like one.
    ///
    /// # Errors
    /// It looks like a scenario and is none.
    pub(crate) fn scenario(&self) -> Option<Result<Scenario, CommandError>> {
        let text = std::str::from_utf8(&self.content).ok().filter(|text| Format::of(text) == Some(Format::Scenario))?;
        Some(Scenario::parse(text).map_err(|error| self.wrong(error)))
    }

    /// Returns the error of a defect of the content.
    pub(super) fn wrong(&self, error: impl std::fmt::Display) -> CommandError {
        CommandError::new(format!("{}: {error}", self.file.display()))
    }
}
