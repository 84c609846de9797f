//! Guard of submissions in progress: an interrupted one is neither lost nor made twice.
//!
//! Before a submission, a file is written that names it by a random token; it is removed once the clusters are known.
//! Jobs carry the token. So the same command, run again after a kill, finds the file and asks the queue for jobs with
//! its token before it submits any.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::annex::AnnexId;
use crate::app::{CommandError, Exit};
use crate::os::{Durability, FileLock, make_private_directory, random_hex, remove_whole, write_whole};
use crate::plan::{MAX_TEXT, read_file};

/// A submission in progress.
pub(super) struct SubmitGuard {
    file: PathBuf,
    /// Token by which its jobs are found.
    pub(super) token: String,
    /// Whether an earlier command has begun it.
    pub(super) is_begun: bool,
    _lock: FileLock,
}

impl SubmitGuard {
    /// Begins or continues the submission of this file with these arguments to an annex. `beside` is the directory of
    /// the state file.
    pub(super) fn begin(
        beside: &Path,
        annex: &AnnexId,
        submit_file: &Path,
        arguments: &[OsString],
    ) -> Result<Self, CommandError> {
        let directory = beside.join("submissions");
        let broken = |doing: &str, error: io::Error| {
            CommandError::new(format!("cannot {doing} in {}: {error}", directory.display()))
        };
        let content = read_file(submit_file, MAX_TEXT)
            .map_err(|error| CommandError::new(format!("cannot read {}: {error}", submit_file.display())))?;
        let path = std::path::absolute(submit_file).map_err(|error| broken("find the submit file", error))?;
        make_private_directory(&directory).map_err(|error| broken("make a directory", error))?;
        let digest = digest(annex, &path, &content, arguments);
        // Each submission locks its own byte of one shared file, so no lock files have to be removed.
        let byte = digest.iter().take(7).fold(0, |number, byte| number << 8 | i64::from(*byte));
        let lock =
            FileLock::try_range(&directory.join("lock"), byte, 1).map_err(|error| broken("lock a file", error))?;
        let Some(lock) = lock else {
            let message = format!("another process submits {} to annex {} now", path.display(), annex.name);
            return Err(CommandError::with_exit(Exit::Held, message));
        };
        let name = hex::encode(digest);
        let file = directory.join(&name);
        let (token, is_begun) = match std::fs::read_to_string(&file) {
            Ok(token) => (token.trim().to_owned(), true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let token = random_hex(16).map_err(|error| broken("make a token", error))?;
                let written = write_whole(&file, format!("{token}\n").as_bytes(), 0o600, Durability::Power);
                written.map_err(|error| broken("write a file", error))?;
                (token, false)
            }
            Err(error) => return Err(broken("read a file", error)),
        };
        Ok(Self { file, token, is_begun, _lock: lock })
    }

    /// Ends the submission: the clusters are known, or nothing was submitted.
    pub(super) fn end(self) -> Result<(), CommandError> {
        remove_whole(&self.file)
            .map_err(|error| CommandError::new(format!("cannot remove {}: {error}", self.file.display())))
    }
}

/// Returns a digest unique to the submission.
fn digest(annex: &AnnexId, path: &Path, content: &[u8], arguments: &[OsString]) -> [u8; 16] {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    };
    add(annex.tag().as_bytes());
    add(path.as_os_str().as_bytes());
    add(content);
    arguments.iter().for_each(|argument| add(argument.as_bytes()));
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}
