//! Checks of hoist's own directories beside the state file.

use std::path::Path;

use super::exit::CommandError;
use crate::cloud::local::LocalProvider;
use crate::os::{check_own_directory, remedy};

/// Names of hoist's own directories beside the state file, except that of the local cloud.
const OWN_DIRECTORIES: [&str; 4] = ["this-host", "ssh", "submissions", "annex-secrets"];

/// Fails if a directory of hoist has been replaced by a foreign file or directory.
pub(super) fn check_beside(directory: &Path) -> Result<(), CommandError> {
    check(directory, std::iter::once(LocalProvider::DIRECTORY).chain(OWN_DIRECTORIES))
}

/// Does the same except for the directory of the local cloud, which reports that itself when it is asked.
pub(super) fn check_own(directory: &Path) -> Result<(), CommandError> {
    check(directory, OWN_DIRECTORIES)
}

fn check(beside: &Path, names: impl IntoIterator<Item = &'static str>) -> Result<(), CommandError> {
    names.into_iter().map(|name| beside.join(name)).try_for_each(|path| {
        check_own_directory(&path).map_err(|error| {
            // Another state file has none of the records of this one.
            CommandError::new(error.to_string()).hints(remedy(&path))
        })
    })
}
