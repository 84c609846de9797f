use std::path::Path;
use std::sync::Arc;

use super::fleet_file::FleetFile;
use super::trusted_text::TrustedText;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};

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
        let TrustedText { text, mode } = TrustedText::read(path, "the fleet's file")?;
        let refused = |why: String| Diagnostic::error(why).at(Place::file(path)).printable();
        let unreadable = |error: std::io::Error| refused(format!("the fleet's file cannot be read: {error}"));
        let absolute = std::path::absolute(path).map_err(unreadable)?;
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
