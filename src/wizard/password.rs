//! The pool's password in a local file.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::os::random_hex;
use crate::plan::open_file;

/// The number of random bytes in a generated password, which has twice as many characters.
const RANDOM_BYTES: usize = 32;

/// The longest password: HTCondor's own tools end at 255 characters (`MAX_PASSWORD_LENGTH`).
const LONGEST: u64 = 255;

/// Why the password is not available.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file, or the system's random source, cannot be read or written.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    Io {
        /// The attempted operation: `read the password in`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file exists and is not usable as it is.
    #[error("the password in {path} is not used: {why}", path = path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// The problem and its remedy.
        why: String,
    },
}

/// Reads the password of this file, without a final line end. If the file does not exist, creates it, readable by its
/// owner only, with a random password.
///
/// # Errors
/// A file that cannot be read or written, that others may read, or whose content is not a password: empty, of several
/// lines, too long.
pub fn of_file(path: &Path) -> Result<SecretString, PasswordError> {
    let io = |doing| move |source| PasswordError::Io { doing, path: path.to_path_buf(), source };
    match open_file(path) {
        Ok(file) => return read(file, path),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) if matches!(error.kind(), ErrorKind::IsADirectory | ErrorKind::InvalidInput) => {
            return Err(PasswordError::Unfit { path: path.to_path_buf(), why: "it is no file".to_owned() });
        }
        Err(error) => return Err(io("read the password in")(error)),
    }
    let made = random_hex(RANDOM_BYTES).map_err(io("get random bytes for"))?;
    // Written completely before it gets its name, so that another wizard never reads a part of it.
    let (mut file, unfinished) = unfinished(path).map_err(io("write"))?;
    let written = writeln!(file, "{made}").and_then(|()| file.sync_all());
    // Linking fails if the name exists, so an existing file is never replaced.
    let linked = written.and_then(|()| std::fs::hard_link(&unfinished, path));
    let removed = std::fs::remove_file(&unfinished);
    match linked.and(removed) {
        Ok(()) => Ok(SecretString::from(made)),
        // Another process has created it in the meantime.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(open_file(path).map_err(io("read the password in"))?, path)
        }
        Err(error) => Err(io("write")(error)),
    }
}

fn read(file: File, path: &Path) -> Result<SecretString, PasswordError> {
    let io = |source| PasswordError::Io { doing: "read the password in", path: path.to_path_buf(), source };
    let unfit = |why: String| Err(PasswordError::Unfit { path: path.to_path_buf(), why });
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return unfit("it is no file".to_owned());
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return unfit(format!("its permissions {mode:04o} let others at it; run chmod 600 on it"));
    }
    let mut text = String::new();
    file.take(LONGEST + 2).read_to_string(&mut text).map_err(io)?;
    let password = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if password.trim().is_empty() {
        return unfit("it is empty; remove it, and one is made".to_owned());
    }
    if password.len() as u64 > LONGEST {
        return unfit(format!("it is longer than {LONGEST} bytes, and HTCondor takes no more"));
    }
    if password.chars().any(char::is_control) {
        return unfit("it has several lines or control characters; it is to be one line".to_owned());
    }
    Ok(SecretString::from(password))
}

/// Creates a file beside `path`, readable by its owner only.
fn unfinished(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_os_string();
    name.push(format!(".{}.new", random_hex(6)?));
    let unfinished = path.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    Ok((file, unfinished))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn one_is_made_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        let made: Vec<String> = std::thread::scope(|scope| {
            let each: Vec<_> = (0..8).map(|_| scope.spawn(|| of_file(&path).unwrap())).collect();
            each.into_iter().map(|one| one.join().unwrap().expose_secret().to_owned()).collect()
        });
        assert!(made.iter().all(|one| *one == made[0] && one.len() == 2 * RANDOM_BYTES), "{made:?}");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
        let other = of_file(&directory.path().join("other")).unwrap();
        assert_ne!(other.expose_secret(), made[0]);
    }

    #[test]
    fn what_is_no_secret_of_the_owner_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        let given = |text: &str, mode: u32| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            of_file(&path).map(|password| password.expose_secret().to_owned()).map_err(|error| error.to_string())
        };
        assert_eq!(given("it's \"mine\" # é\n", 0o600).unwrap(), "it's \"mine\" # é");
        assert_eq!(given("x\r\n", 0o400).unwrap(), "x");
        for (text, mode, why) in [
            ("", 0o600, "is empty"),
            (" \n", 0o600, "is empty"),
            ("geheim\n", 0o640, "0640 let others at it; run chmod 600"),
            ("geheim\n", 0o602, "0602"),
            ("geheim\nb\n", 0o600, "several lines"),
            ("geheim\0", 0o600, "control characters"),
            (&"geheim".repeat(99), 0o600, "longer than 255"),
        ] {
            let error = given(text, mode).unwrap_err();
            assert!(error.contains(why) && error.contains("password") && !error.contains("geheim"), "{error}");
        }
        let nowhere = of_file(&directory.path().join("no/such/directory")).unwrap_err().to_string();
        assert!(nowhere.starts_with("cannot write ") && nowhere.contains("no/such/directory"), "{nowhere}");
        assert!(of_file(directory.path()).unwrap_err().to_string().contains("it is no file"));
    }
}
