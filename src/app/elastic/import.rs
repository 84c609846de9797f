//! Files of an import.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::app::CommandError;
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
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = file.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut open| open.write_all(toml.as_bytes()).and_then(|()| open.sync_all()))
        .and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| {
        // A partly written file must not stay; the first error is the relevant one.
        let _ = fs::remove_file(&beside);
        CommandError::new(format!("cannot write {}: {error}", file.display()))
    })
}
