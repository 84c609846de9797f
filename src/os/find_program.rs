use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::shell_word::quoted;

/// Where programs of a machine's administration are, which the PATH of Debian's ordinary users lacks: HTCondor's
/// daemons and some of its tools are among them.
const ADMINISTRATION: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Where programs are when PATH does not say it.
const USUAL: &str = "/usr/local/bin:/usr/bin:/bin";

/// Returns the directories of PATH, and after them those of the machine's administration that it lacks.
pub(crate) fn search_path() -> OsString {
    with_administration(&std::env::var_os("PATH").unwrap_or_else(|| USUAL.into()))
}

fn with_administration(path: &OsStr) -> OsString {
    let mut places: Vec<PathBuf> = std::env::split_paths(path).collect();
    let lacking = ADMINISTRATION.into_iter().map(PathBuf::from).filter(|place| !places.contains(place));
    places.extend(lacking.collect::<Vec<_>>());
    // What was split at colons has none.
    std::env::join_paths(places).unwrap_or_else(|_| path.to_owned())
}

/// Why a program cannot be run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoProgram {
    /// There is no file of this path.
    Missing(PathBuf),
    /// No directory of PATH has it.
    NotInPath,
    /// The file is a script or a binary that may not be executed.
    NotExecutable(PathBuf),
    /// What is there is no program: a directory, or a file that is neither a script nor a binary.
    Unfit(PathBuf),
}

impl NoProgram {
    /// Returns what helps with the program that was named so, and is run in `directory`.
    pub(crate) fn remedy(&self, program: &str, directory: &Path) -> String {
        match self {
            Self::Missing(_) => format!("write its whole path, or that from {}", directory.display()),
            Self::NotInPath => format!("write its whole path, or ./{program} if it is in {}", directory.display()),
            Self::NotExecutable(path) => format!("chmod +x {}", quoted(path)),
            Self::Unfit(path) if path.is_dir() => "name the program in it".to_owned(),
            Self::Unfit(_) => "name a script that begins with #!, or a binary".to_owned(),
        }
    }
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
            (false, true) => Err(no_program(path)),
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
    Err(other.map_or(NoProgram::NotInPath, no_program))
}

/// Tells why what is there is not run. A mark makes no program of a text.
fn no_program(path: PathBuf) -> NoProgram {
    let begin = || {
        let mut begin = [0; 4];
        let read = File::open(&path)?.read(&mut begin)?;
        Ok::<_, std::io::Error>(begin.get(..read).is_some_and(|begin| begin.starts_with(b"#!") || begin == b"\x7fELF"))
    };
    match path.is_file() && begin().unwrap_or(false) {
        true => NoProgram::NotExecutable(path),
        false => NoProgram::Unfit(path),
    }
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
    fn the_directories_of_the_administration_come_after_path() {
        let of = |path: &str| with_administration(OsStr::new(path)).into_string().unwrap();
        assert_eq!(of("/usr/bin:/bin"), "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
        assert_eq!(of("/usr/sbin:/bin"), "/usr/sbin:/bin:/usr/local/sbin:/sbin");
        assert_eq!(
            of(":/opt/a"),
            ":/opt/a:/usr/local/sbin:/usr/sbin:/sbin",
            "an empty one means the present directory"
        );
    }

    #[test]
    fn a_program_is_found_as_it_is_run() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        fs::create_dir(directory.join("bin")).unwrap();
        for (name, mode) in [("decide", 0o755), ("bin/count", 0o755), ("text", 0o644)] {
            fs::write(directory.join(name), "#!/bin/sh\n").unwrap();
            fs::set_permissions(directory.join(name), Permissions::from_mode(mode)).unwrap();
        }
        fs::write(directory.join("users"), "root:x:0:0\n").unwrap();
        fs::write(directory.join("binary"), b"\x7fELF\x02").unwrap();
        let path = std::env::join_paths([directory.join("none"), directory.join("bin")]).unwrap();
        let find = |program: &str| find_program(program, directory, &path);
        let there = |name: &str| directory.join(name);
        assert_eq!(find("./decide"), Ok(there("./decide")));
        assert_eq!(find("count"), Ok(there("bin/count")));
        assert_eq!(find("decide"), Err(NoProgram::NotInPath));
        assert_eq!(find("./text"), Err(NoProgram::NotExecutable(there("./text"))));
        assert_eq!(find("./binary"), Err(NoProgram::NotExecutable(there("./binary"))));
        for unfit in ["./bin", "./users"] {
            let error = find(unfit).unwrap_err();
            assert!(!error.remedy(unfit, directory).contains("chmod"));
            assert_eq!(error, NoProgram::Unfit(there(unfit)));
        }
        assert_eq!(find("/no/such"), Err(NoProgram::Missing("/no/such".into())));
    }
}
