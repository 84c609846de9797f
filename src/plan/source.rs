//! Reading the files that make up a plan, within limits.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::input::open_file;

/// The largest file of a plan. 100,000 services written one by one need some 20; what is larger was given by mistake.
pub const MAX_PLAN_FILE: u64 = 64 * 1024 * 1024;

/// Reads a file of at most `limit` bytes.
///
/// Its size is looked at before a byte is read, and only regular files are opened: a pipe would block and a device
/// never ends. The error says what is wrong, without the file's name.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let (file, size) = open(path)?;
    let too_large = |size: u64| format!("the file has {size} bytes; the limit is {}", megabytes(limit));
    if size > limit {
        return Err(too_large(size));
    }
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // It may have grown since.
    file.take(limit + 1).read_to_end(&mut content).map_err(|error| format!("cannot be read: {}", reason(&error)))?;
    if content.len() as u64 > limit { Err(too_large(content.len() as u64)) } else { Ok(content) }
}

/// Reads a text file of a plan.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    text(read(path, MAX_PLAN_FILE)?)
}

/// Reads a text file of a plan from standard input.
pub(super) fn read_standard_input() -> Result<String, String> {
    let mut content = Vec::new();
    let read = std::io::stdin().lock().take(MAX_PLAN_FILE + 1).read_to_end(&mut content);
    read.map_err(|error| format!("cannot be read: {}", reason(&error)))?;
    if content.len() as u64 > MAX_PLAN_FILE {
        return Err(format!("there is more than {}, the limit", megabytes(MAX_PLAN_FILE)));
    }
    text(content)
}

fn text(content: Vec<u8>) -> Result<String, String> {
    String::from_utf8(content).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count();
        format!("the file is not UTF-8 text (line {line}, byte {})", valid + 1)
    })
}

/// A regular file and its size, or what is in its place.
pub(super) fn open(path: &Path) -> Result<(File, u64), String> {
    if !path.starts_with("/dev/fd") && path != Path::new("/dev/stdin") {
        check_regular(path)?;
    }
    let opened = open_file(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    opened.map(|(size, file)| (file, size)).map_err(|error| format!("cannot be opened: {}", reason(&error)))
}

/// The same of a file of at most `limit` bytes.
pub(super) fn open_within(path: &Path, limit: u64) -> Result<File, String> {
    let (file, size) = open(path)?;
    if size > limit {
        return Err(format!("the file has {size} bytes; the limit is {}", megabytes(limit)));
    }
    Ok(file)
}

/// The size of a regular file, or what is in its place.
pub(super) fn check_regular(path: &Path) -> Result<u64, String> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "the file does not exist".to_owned(),
        _ => format!("cannot be read: {}", reason(&error)),
    })?;
    if metadata.is_dir() {
        Err("is a directory, not a file".to_owned())
    } else if !metadata.is_file() {
        Err("is not a regular file".to_owned())
    } else {
        Ok(metadata.len())
    }
}

/// The operating system's reason, without its error number.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_lowercase(),
        None => text,
    }
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}

/// `path` as seen from `directory`, with `~` expanded to `home`, `.` and `..` resolved by name alone (a symbolic link's
/// `..` is where the link stands, as in Python's `abspath`).
pub(super) fn resolve(directory: &Path, path: &str, home: Option<&Path>) -> PathBuf {
    let path = match (path.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_path_buf(),
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    };
    normalized(&directory.join(path))
}

pub(super) fn normalized(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if matches!(normal.components().next_back(), Some(Component::Normal(_))) {
                    normal.pop();
                } else if !normal.has_root() {
                    normal.push("..");
                }
            }
            other => normal.push(other),
        }
    }
    if normal.as_os_str().is_empty() { PathBuf::from(".") } else { normal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_by_name() {
        let at = |path: &str| resolve(Path::new("/plans/web"), path, Some(Path::new("/home/ann")));
        assert_eq!(at("boot.sh"), Path::new("/plans/web/boot.sh"));
        assert_eq!(at("../db/./boot.sh"), Path::new("/plans/db/boot.sh"));
        assert_eq!(at("/../../x"), Path::new("/x"));
        assert_eq!(at("~/x"), Path::new("/home/ann/x"));
        assert_eq!(at("~"), Path::new("/home/ann"));
        assert_eq!(at("~bob/x"), Path::new("/plans/web/~bob/x"));
        assert_eq!(resolve(Path::new("a/.."), "../b", None), Path::new("../b"));
    }

    #[test]
    fn what_cannot_be_a_plan_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let large = directory.path().join("large");
        File::create(&large).unwrap().set_len(100 * 1024 * 1024).unwrap();
        assert_eq!(read_text(&large).unwrap_err(), "the file has 104857600 bytes; the limit is 64 MiB");
        assert_eq!(read_text(directory.path()).unwrap_err(), "is a directory, not a file");
        assert_eq!(read_text(&directory.path().join("none")).unwrap_err(), "the file does not exist");
        assert_eq!(read_text(Path::new("/dev/zero")).unwrap_err(), "is not a regular file");
        let latin = directory.path().join("latin");
        fs::write(&latin, b"a = 1\nb = \"\xe9\"\n").unwrap();
        assert_eq!(read_text(&latin).unwrap_err(), "the file is not UTF-8 text (line 2, byte 12)");
    }
}
