use std::path::{Path, PathBuf};

/// Returns the directory of a fleet file, from which relative paths in it start.
pub(super) fn fleet_directory(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    file.parent().unwrap_or(Path::new("/")).to_owned()
}
