//! User data of the kinds of a fleet.

use std::path::Path;

use crate::cloud::local::check_user_data;
use crate::diagnostics::{Diagnostic, Place, Severity};
use crate::plan::{MAX_TEXT, read_file};
use crate::user_data::{LintOptions, lint};

/// What is done instead of a secret in user data.
const FETCHED: &str =
    "let workers fetch it at their start, by the role of \"instance_profile\", or bring it in the image";

/// Reads user data and checks it as the cloud would run it; `named` is where the fleet file names it. Returns it with
/// its errors and warnings.
pub(super) fn read_user_data(path: &Path, named: Place, is_local: bool) -> (Vec<u8>, Vec<Diagnostic>) {
    let data = match read_file(path, MAX_TEXT) {
        Ok(data) => data,
        Err(error) => {
            let why = format!("the user data {} cannot be read: {error}", path.display());
            return (Vec::new(), vec![Diagnostic::error(why).at(named).printable()]);
        }
    };
    let mut problems = Vec::new();
    for finding in lint(&data, &LintOptions::default()).findings {
        let severity = finding.diagnostic.severity;
        // Sizes are the cloud's to judge, which adds parts of its own; the local cloud has a key of its own.
        let is_own_key = finding.diagnostic.message.ends_with("the key environment is unknown");
        if severity == Severity::Note || finding.check == "size" || is_local && is_own_key {
            continue;
        }
        let mut finding = finding;
        if finding.secret.is_some() {
            // No option of a fleet's allows a secret.
            finding.diagnostic.hints = vec![FETCHED.to_owned()];
        }
        let line = usize::try_from(finding.file_line).ok();
        let place = Place::new(path, line);
        problems.push(Diagnostic { place: Some(place), ..finding.diagnostic }.of("user data").printable());
    }
    if is_local && let Err(error) = check_user_data(&data) {
        problems.push(Diagnostic::from(error).at(Place::file(path)).printable());
    }
    (data, problems)
}
