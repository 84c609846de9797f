use std::path::Path;

use crate::app::CommandError;
use crate::plan::read_file;

/// Largest file, in bytes.
const MAX_INPUT: u64 = 1 << 30;

/// Reads a scenario or a workload.
///
/// # Errors
/// The file cannot be read or is too large.
pub(super) fn read_input(file: &Path) -> Result<Vec<u8>, CommandError> {
    let unreadable = |why: String| CommandError::new(format!("cannot read {}: {why}", file.display()));
    let bytes = read_file(file, MAX_INPUT).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(unreadable(format!("it has more than {MAX_INPUT} bytes")));
    }
    Ok(bytes)
}
