use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::diagnostics::{Diagnostic, Place};
use crate::plan::{MAX_PLAN_FILE, open_file};

/// The text of a file that decides on programs and machines: others must not write to it.
pub struct TrustedText {
    /// The text.
    pub text: String,
    /// The file's mode.
    pub mode: u32,
}

impl TrustedText {
    /// Reads a file; `what` names it in errors.
    ///
    /// # Errors
    /// It cannot be read, has more than [`MAX_PLAN_FILE`] bytes, may be changed by others, or belongs to another user.
    pub fn read(path: &Path, what: &str) -> Result<Self, Diagnostic> {
        let refused = |why: String| Diagnostic::error(why).at(Place::file(path)).printable();
        let unreadable = |error: Error| refused(format!("{what} cannot be read: {error}"));
        let file = open_file(path).map_err(unreadable)?;
        // Of the open file, which cannot be another one by now.
        let metadata = file.metadata().map_err(unreadable)?;
        let mode = metadata.mode() & 0o7777;
        let own = [0, nix::unistd::geteuid().as_raw()];
        if mode & 0o022 != 0 {
            let why = refused(format!("{what} may be changed by others (mode {mode:04o})"));
            return Err(why.hint(format!("chmod go-w {}", path.display())));
        }
        if !own.contains(&metadata.uid()) {
            let why = refused(format!("{what} belongs to another user ({})", metadata.uid()));
            return Err(why.hint(format!("chown $(id -u) {}", path.display())));
        }
        Ok(Self { text: text_of(file).map_err(unreadable)?, mode })
    }
}

fn text_of(file: File) -> std::io::Result<String> {
    let mut content = Vec::new();
    file.take(MAX_PLAN_FILE + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_PLAN_FILE {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {MAX_PLAN_FILE} bytes")));
    }
    String::from_utf8(content).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}
