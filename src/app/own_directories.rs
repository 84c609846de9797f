//! The directories beside the state file that must be ours.

use std::path::Path;

use super::exit::CommandError;
use crate::cloud::local::LocalProvider;
use crate::os::{check_own_directory, remedy};

/// The other directories beside the state file, which must be ours as it is.
const OWN_DIRECTORIES: [&str; 3] = ["this-host", "ssh", "submissions"];

/// Fails where somebody put something else in the place of a directory that is to be ours.
pub(super) fn check_beside(directory: &Path) -> Result<(), CommandError> {
    check(directory, std::iter::once(LocalProvider::DIRECTORY).chain(OWN_DIRECTORIES))
}

/// The same without that of the local cloud, which says so itself when it is asked.
pub(super) fn check_own(directory: &Path) -> Result<(), CommandError> {
    check(directory, OWN_DIRECTORIES)
}

fn check(beside: &Path, names: impl IntoIterator<Item = &'static str>) -> Result<(), CommandError> {
    names.into_iter().map(|name| beside.join(name)).try_for_each(|path| {
        check_own_directory(&path).map_err(|error| {
            // Another state file would know nothing of what is recorded in this one.
            CommandError::new(error.to_string()).hints(remedy(&path))
        })
    })
}
