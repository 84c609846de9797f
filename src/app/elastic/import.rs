//! Files of an import.

use std::path::Path;

use crate::app::CommandError;
use crate::os::write_named;
use crate::plan::read_text_file;

/// Largest configuration, in bytes. User data in it has at most 16 KiB.
const MAX_CONFIGURATION: u64 = 1 << 20;

/// Reads the configuration of an earlier scaler.
///
/// # Errors
/// The file cannot be read, is too large, or is not text.
pub(crate) fn read_configuration(file: &Path) -> Result<String, CommandError> {
    read_text_file(file, MAX_CONFIGURATION)
        .map_err(|error| CommandError::new(format!("cannot read {}: {error}", file.display())))
}

/// Writes a fleet file whole or not at all; only its owner can read it, since it will say where secrets are.
///
/// # Errors
/// The directory does not exist or cannot be written to.
pub(crate) fn write_fleet(file: &Path, toml: &str) -> Result<(), CommandError> {
    write_named(file, toml.as_bytes(), 0o600)
        .map_err(|error| CommandError::new(format!("cannot write {}: {error}", file.display())))
}
