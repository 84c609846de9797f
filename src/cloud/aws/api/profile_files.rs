//! The files of AWS's tools. The SDK reads them whole and without a limit, so they are checked first.

use std::fs;
use std::path::{Path, PathBuf};

use super::config::AwsEnvironment;
use crate::provider::{CloudError, CloudErrorKind};

/// Largest accepted size in bytes. Some hundred profiles take as many kilobytes.
const LIMIT: u64 = 4 * 1024 * 1024;

/// The variable that names each file, and the file's default name in `~/.aws`.
const FILES: [(&str, &str); 2] = [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")];

/// Refuses a file that would block its reader or never end.
pub(super) fn check(environment: &AwsEnvironment) -> Result<(), CloudError> {
    for (variable, name) in FILES {
        let named = environment.get(variable).map(PathBuf::from);
        let Some(path) = named.or_else(|| Some(Path::new(&environment.get("HOME")?).join(".aws").join(name))) else {
            continue;
        };
        if let Some(defect) = defect(&path) {
            let message = format!("cannot read {}, AWS's {name} file: {defect}", path.display());
            let hint = format!("put profiles there, or name another file in {variable}");
            return Err(CloudError::new(CloudErrorKind::Rejected, message).hint(hint));
        }
    }
    Ok(())
}

/// Returns the defect of an existing file. The SDK reports missing and unreadable files.
fn defect(path: &Path) -> Option<String> {
    let found = fs::metadata(path).ok()?;
    // A shell's `<(command)` is a pipe that this process inherited open.
    if path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") || found.is_file() && found.len() <= LIMIT {
        return None;
    }
    Some(match found.is_file() {
        true => format!("it has {} bytes; the limit is {LIMIT}", found.len()),
        false if found.is_dir() => "it is a directory, not a file".to_owned(),
        false => "it is not a regular file".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_refused_and_what_is_not_there_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("good"), "[default]\n").unwrap();
        fs::File::create(path("huge")).unwrap().set_len(10 << 30).unwrap();
        nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::create_dir(path(".aws")).unwrap();
        let cases = [
            ("good", None),
            ("none", None),
            ("huge", Some("it has 10737418240 bytes; the limit is 4194304")),
            ("pipe", Some("it is not a regular file")),
            (".aws", Some("it is a directory, not a file")),
        ];
        for (variable, _) in FILES {
            for (name, wanted) in cases {
                let (value, home) = (path(name).display().to_string(), directory.path().display().to_string());
                let environment = AwsEnvironment::from_fn(move |asked| match asked {
                    "HOME" => Some(home.clone()),
                    _ => (asked == variable).then(|| value.clone()),
                });
                let refused = check(&environment).err();
                assert_eq!(refused.is_some(), wanted.is_some(), "{variable} {name}: {refused:?}");
                if let (Some(error), Some(wanted)) = (refused, wanted) {
                    assert!(error.message.ends_with(wanted), "{variable} {name}: {}", error.message);
                    assert!(error.hint.is_some_and(|hint| hint.ends_with(variable)));
                }
            }
        }
    }
}
