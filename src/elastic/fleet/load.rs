use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use super::fleet_file::FleetFile;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::plan::{MAX_PLAN_FILE, open_file};

impl FleetFile {
    /// Reads and parses a file. Who may write to it decides on programs and machines, so others must not. If it says
    /// where secrets are, others must not read it either.
    ///
    /// # Errors
    /// The file cannot be read, may be changed or read by others, or is invalid.
    pub fn load(path: &Path) -> Result<Self, Diagnostics> {
        Self::load_with_text(path).map(|(fleet, _)| fleet)
    }

    /// Does the same, and returns the text of the file, too.
    ///
    /// # Errors
    /// As for [`FleetFile::load`].
    pub fn load_with_text(path: &Path) -> Result<(Self, String), Diagnostics> {
        let refused = |why: String| Diagnostic::error(why).at(Place::file(path)).printable();
        let unreadable = |error: std::io::Error| refused(format!("the fleet's file cannot be read: {error}"));
        let absolute = std::path::absolute(path).map_err(unreadable)?;
        let file = open_file(path).map_err(unreadable)?;
        // Of the open file, which cannot be another one by now.
        let metadata = file.metadata().map_err(unreadable)?;
        let mode = metadata.mode() & 0o7777;
        let own = [0, nix::unistd::geteuid().as_raw()];
        if mode & 0o022 != 0 {
            let why = refused(format!("the fleet's file may be changed by others (mode {mode:04o})"));
            return Err(why.hint(format!("chmod go-w {}", path.display())).into());
        }
        if !own.contains(&metadata.uid()) {
            let why = refused(format!("the fleet's file belongs to another user ({})", metadata.uid()));
            return Err(why.hint(format!("chown $(id -u) {}", path.display())).into());
        }
        let text = read(file).map_err(unreadable)?;
        let fleet = Self::parse(&text, &absolute).map_err(|problems| named(problems, path))?;
        if fleet.names_secrets() && mode & 0o044 != 0 {
            let why =
                refused(format!("the fleet's file says where secrets are and may be read by others (mode {mode:04o})"));
            return Err(why.hint(format!("chmod go= {}", path.display())).into());
        }
        Ok((fleet, text))
    }
}

/// Returns the problems with the file named as the user did.
fn named(Diagnostics(problems): Diagnostics, path: &Path) -> Diagnostics {
    let file: Arc<Path> = Arc::from(path);
    let named = |problem: Diagnostic| {
        let place = problem.place.map(|place| Place { file: Arc::clone(&file), ..place });
        Diagnostic { place, ..problem }
    };
    Diagnostics(problems.into_iter().map(named).collect())
}

fn read(file: File) -> std::io::Result<String> {
    let mut content = Vec::new();
    file.take(MAX_PLAN_FILE + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_PLAN_FILE {
        let message = format!("it has more than {MAX_PLAN_FILE} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(content).map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}
