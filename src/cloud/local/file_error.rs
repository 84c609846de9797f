//! Errors of the file system below the cloud's directory.

use std::io;
use std::path::Path;

use crate::os::remedy;
use crate::provider::{CloudError, CloudErrorKind};

/// Returns the error of a failed file operation; it is not transient.
pub(super) fn failed(doing: &str, path: &Path, error: &io::Error) -> CloudError {
    let failure = CloudError::new(CloudErrorKind::Rejected, format!("cannot {doing} {}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::PermissionDenied => failure.hint(remedy(path).unwrap_or_else(|| {
            "check who owns it, and who may enter the directories above it (ls -ld): each user has a local cloud of their own"
                .to_owned()
        })),
        io::ErrorKind::InvalidFilename => failure.hint("choose another place with --state or HOIST_STATE"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure.hint("free some disk space and repeat the command")
        }
        io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidData => {
            failure.hint(format!("something else was put there: move {} away, and what was there back", path.display()))
        }
        _ => failure,
    }
}
