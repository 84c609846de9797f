//! The files for an annex: the pool's password, HTCondor's configuration, user data.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::diagnostics::Diagnostic;
use crate::plan::open_file;

/// Maximum size in bytes of a file of configuration or user data.
const LARGEST: u64 = 1 << 20;

/// Maximum size in bytes of a password; HTCondor reads no more (`condor_store_cred`, `MAX_PASSWORD_LENGTH` is 255, keys
/// are up to 64 KiB).
const LARGEST_PASSWORD: u64 = 64 << 10;

/// Returns the absolute path of a readable file that is not empty.
fn readable(option: &str, path: &Path, largest: u64) -> Result<PathBuf, Diagnostic> {
    let shown = path.display();
    let wrong = |why: String| Diagnostic::usage(format!("{option}: {shown} {why}"));
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => wrong("does not exist".to_owned()),
        _ => wrong(format!("cannot be read: {error}")),
    };
    let found = fs::metadata(path).map_err(broken)?;
    if !found.is_file() {
        return Err(wrong("is no file".to_owned()));
    }
    if found.len() == 0 {
        return Err(wrong("is empty".to_owned()));
    }
    if found.len() > largest {
        return Err(wrong(format!("has {} bytes; there may be {largest}", found.len())));
    }
    // Only opening the file proves that it is readable.
    open_file(path).map_err(broken)?;
    std::path::absolute(path).map_err(broken)
}

/// Returns the path of the password file, with a warning if others may read it.
pub(super) fn password(path: &Path) -> Result<(PathBuf, Option<String>), Diagnostic> {
    secret("--password-file", path, "condor_store_cred -f FILE writes one; the pool's own is in its SEC_PASSWORD_FILE")
}

/// Returns the path of the token's file, with a warning if others may read it.
pub(super) fn token(path: &Path) -> Result<(PathBuf, Option<String>), Diagnostic> {
    secret("--token-file", path, "condor_token_create on the central manager prints one")
}

fn secret(option: &str, path: &Path, hint: &str) -> Result<(PathBuf, Option<String>), Diagnostic> {
    let file = readable(option, path, LARGEST_PASSWORD).map_err(|diagnostic| diagnostic.hint(hint))?;
    let mode = fs::metadata(&file).map_or(0, |found| found.permissions().mode());
    let others = match (mode & 0o004 != 0, mode & 0o040 != 0) {
        (true, _) => Some("everybody"),
        (false, true) => Some("its group"),
        (false, false) => None,
    };
    let warning = others.map(|who| {
        let shown = file.display();
        format!("{option}: {who} on this machine may read {shown}; chmod 600 {shown}")
    });
    Ok((file, warning))
}

/// Returns the path of a file of HTCondor's configuration.
pub(super) fn config(path: &Path) -> Result<PathBuf, Diagnostic> {
    readable("--config-file", path, LARGEST)
}

/// Returns the path of the user's own user data.
pub(super) fn user_data(path: &Path) -> Result<PathBuf, Diagnostic> {
    readable("--user-data", path, LARGEST)
}

/// Returns the files of a configuration directory in byte order, as HTCondor reads its own: without subdirectories and
/// without the names that it skips (`LOCAL_CONFIG_DIR_EXCLUDE_REGEXP`).
pub(super) fn config_dir(directory: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let broken = |error: io::Error| {
        vec![Diagnostic::usage(format!("--config-dir: {} cannot be read: {error}", directory.display()))]
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(broken)? {
        let name = entry.map_err(broken)?.file_name();
        if !is_left_over(&name) && directory.join(&name).is_file() {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(vec![Diagnostic::usage(format!("--config-dir: {} has no file", directory.display()))]);
    }
    names.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    let (mut files, mut diagnostics) = (Vec::new(), Vec::new());
    for name in names {
        match readable("--config-dir", &directory.join(name), LARGEST) {
            Ok(file) => files.push(file),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if diagnostics.is_empty() { Ok(files) } else { Err(diagnostics) }
}

/// Returns whether the file is a leftover of an editor or a package manager.
fn is_left_over(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let ends = ["~", ".rpmsave", ".rpmnew", ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".bak", ".orig"];
    name.starts_with(b".") || name.starts_with(b"#") || ends.iter().any(|end| name.ends_with(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_read_as_htcondor_reads_its_own() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["20-b", "10-a", "B", "a", ".a.swp", "#a#", "a~", "a.rpmsave", "c.bak"] {
            fs::write(directory.path().join(name), "A = 1\n").unwrap();
        }
        fs::create_dir(directory.path().join("30-c")).unwrap();
        let files = config_dir(directory.path()).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["10-a", "20-b", "B", "a"]);
        fs::write(directory.path().join("empty"), "").unwrap();
        let diagnostics = config_dir(directory.path()).unwrap_err();
        assert!(diagnostics.len() == 1 && diagnostics[0].message.ends_with("empty is empty"), "{diagnostics:?}");
        assert!(config_dir(&directory.path().join("30-c")).unwrap_err()[0].message.contains("has no file"));
        assert!(config_dir(&directory.path().join("nowhere")).is_err());
    }

    #[test]
    fn a_password_that_others_may_read_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("password");
        assert!(password(&file).unwrap_err().message.contains("does not exist"));
        fs::write(&file, "").unwrap();
        assert!(password(&file).unwrap_err().message.contains("is empty"));
        fs::write(&file, "secret").unwrap();
        for (mode, who) in [(0o600, None), (0o640, Some("its group")), (0o644, Some("everybody"))] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let (_, warning) = password(&file).unwrap();
            assert_eq!(warning.is_some(), who.is_some());
            assert!(warning.is_none_or(|warning| warning.contains(who.unwrap()) && !warning.contains("secret")));
        }
        assert!(password(directory.path()).unwrap_err().message.contains("is no file"));
    }
}
