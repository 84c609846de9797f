//! Digests of the files that an annex is given.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::spec::{AnnexSpec, FileDigests};
use crate::plan::{MAX_TEXT, read_file};

impl FileDigests {
    /// Reads the files that `spec` names, as they are now.
    ///
    /// # Errors
    /// The file that cannot be read, and the reason.
    pub fn read(spec: &AnnexSpec) -> io::Result<Self> {
        let joining = spec.joining();
        let configs = joining.into_iter().flat_map(|joining| &joining.config_files);
        let password = joining.and_then(|joining| joining.password_file.as_ref());
        Ok(Self {
            config_files: configs.map(|path| digest(path)).collect::<Result<_, _>>()?,
            user_data: spec.user_data.as_deref().map(digest).transpose()?,
            password_at: password.map(|path| changed_at(path)).transpose()?,
        })
    }

    /// Whether it covers every file that `spec` names.
    pub fn is_of(&self, spec: &AnnexSpec) -> bool {
        let joining = spec.joining();
        self.config_files.len() == joining.map_or(0, |joining| joining.config_files.len())
            && self.user_data.is_some() == spec.user_data.is_some()
            && self.password_at.is_some() == joining.is_some_and(|joining| joining.password_file.is_some())
    }
}

fn digest(path: &Path) -> io::Result<String> {
    let content = read_file(path, MAX_TEXT).map_err(|error| unreadable(path, &error))?;
    Ok(hex::encode(Sha256::digest(content)))
}

fn changed_at(path: &Path) -> io::Result<Timestamp> {
    let changed = fs::metadata(path).and_then(|found| found.modified()).map_err(|error| unreadable(path, &error))?;
    Timestamp::try_from(changed).map_err(|error| {
        let message = format!("cannot tell when {} was changed: {error}", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

fn unreadable(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
}
