use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

/// Why a program cannot be run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoProgram {
    /// There is no file of this path.
    Missing(PathBuf),
    /// No directory of PATH has it.
    NotInPath,
    /// The file is no program: it may not be executed, or is a directory.
    NotExecutable(PathBuf),
}

/// Finds a program as it is found when it is run in `directory`: one with a slash in its name from there, another one
/// in the directories of `search_path`.
///
/// # Errors
/// There is none, or what is there is no program.
pub(crate) fn find_program(program: &str, directory: &Path, search_path: &OsStr) -> Result<PathBuf, NoProgram> {
    if program.contains('/') {
        let path = directory.join(program);
        return match (is_program(&path), path.exists()) {
            (true, _) => Ok(path),
            (false, true) => Err(NoProgram::NotExecutable(path)),
            (false, false) => Err(NoProgram::Missing(path)),
        };
    }
    let mut other = None;
    for place in std::env::split_paths(search_path) {
        let path = directory.join(place).join(program);
        if is_program(&path) {
            return Ok(path);
        }
        other = other.or_else(|| path.is_file().then_some(path));
    }
    Err(other.map_or(NoProgram::NotInPath, NoProgram::NotExecutable))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_program_is_found_as_it_is_run() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        fs::create_dir(directory.join("bin")).unwrap();
        for (name, mode) in [("decide", 0o755), ("bin/count", 0o755), ("text", 0o644)] {
            fs::write(directory.join(name), "#!/bin/sh\n").unwrap();
            fs::set_permissions(directory.join(name), Permissions::from_mode(mode)).unwrap();
        }
        let path = std::env::join_paths([directory.join("none"), directory.join("bin")]).unwrap();
        let find = |program: &str| find_program(program, directory, &path);
        let there = |name: &str| directory.join(name);
        assert_eq!(find("./decide"), Ok(there("./decide")));
        assert_eq!(find("count"), Ok(there("bin/count")));
        assert_eq!(find("decide"), Err(NoProgram::NotInPath));
        assert_eq!(find("./text"), Err(NoProgram::NotExecutable(there("./text"))));
        assert_eq!(find("./bin"), Err(NoProgram::NotExecutable(there("./bin"))));
        assert_eq!(find("/no/such"), Err(NoProgram::Missing("/no/such".into())));
    }
}
