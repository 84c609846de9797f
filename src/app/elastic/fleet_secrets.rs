//! Checks of the places of a fleet's secrets.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::diagnostics::{Diagnostic, Place};
use crate::plan::SecretSource;

/// Returns the problem of a secret that cannot be read, is empty, or may be read by others. Never has its value.
pub(super) fn secret_problem(source: &SecretSource, place: Place) -> Option<Diagnostic> {
    let problem = |why: String| Some(Diagnostic::error(why).at(place).printable());
    match source {
        SecretSource::Env(name) => match std::env::var_os(name).filter(|value| !value.is_empty()) {
            Some(_) => None,
            None => {
                let why = format!("the environment variable {name}, which holds a secret, is not set");
                problem(why).map(|problem| problem.hint("with systemd: EnvironmentFile= in a drop-in of the unit"))
            }
        },
        SecretSource::File(path) => {
            let (why, hint) = file_problem(path)?;
            problem(why).map(|problem| problem.hints(hint))
        }
    }
}

fn file_problem(path: &Path) -> Option<(String, Option<String>)> {
    let shown = path.display();
    let found = match std::fs::File::open(path).and_then(|file| file.metadata()) {
        Ok(found) => found,
        Err(error) => return Some((format!("cannot read the secret in {shown}: {error}"), None)),
    };
    if !found.is_file() || found.len() == 0 {
        return Some((format!("there is no secret in {shown}: it is empty, or no file"), None));
    }
    let mode = found.mode() & 0o7777;
    let why = format!("the secret in {shown} may be read or changed by others (mode {mode:04o})");
    (mode & 0o066 != 0).then(|| (why, Some(format!("chmod go= {shown}"))))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        let problem = |path: &Path| {
            let problem = secret_problem(&SecretSource::File(path.to_owned()), Place::file("elastic.toml"))?;
            Some(problem.to_string())
        };
        assert!(problem(&path).unwrap().contains("No such file"));
        std::fs::write(&path, "").unwrap();
        assert!(problem(&path).unwrap().contains("there is no secret in"));
        std::fs::write(&path, "very secret").unwrap();
        for (mode, is_fine) in [(0o644, false), (0o640, false), (0o620, false), (0o600, true), (0o400, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let problem = problem(&path);
            assert_eq!(problem.is_none(), is_fine, "{mode:o}: {problem:?}");
            assert!(problem.is_none_or(|problem| problem.contains("chmod go= ") && !problem.contains("very secret")));
        }
        let unset = SecretSource::Env("HOIST_NO_SUCH_SECRET".to_owned());
        let problem = secret_problem(&unset, Place::file("elastic.toml")).unwrap().to_string();
        assert!(problem.contains("HOIST_NO_SUCH_SECRET, which holds a secret, is not set"), "{problem}");
    }
}
