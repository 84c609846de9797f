//! Reading a plan's files, within limits.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::input::open_file;

/// The maximum size of a plan's file, in bytes. 100,000 services written one by one need some 20 MiB; a larger file was
/// given by mistake.
pub const MAX_PLAN_FILE: u64 = 64 * 1024 * 1024;

/// The reason why a file of a plan cannot be used, worded as the rest of a sentence about it, without its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SourceError {
    /// The file does not exist.
    #[error("the file does not exist")]
    Missing,
    /// The path is a directory.
    #[error("is a directory, not a file")]
    Directory,
    /// The path is another kind of file: a pipe would block, and a device never ends.
    #[error("is not a regular file")]
    NoFile,
    /// The file exceeds the limit.
    #[error("the file has {size} bytes; the limit is {}", megabytes(*.limit))]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Standard input exceeds the limit.
    #[error("there is more than {}, the limit", megabytes(MAX_PLAN_FILE))]
    Endless,
    /// The file is not UTF-8.
    #[error("the file is not UTF-8 text (line {line}, byte {byte})")]
    NoText {
        /// The line of the first invalid byte, from 1.
        line: usize,
        /// The position of that byte, from 1.
        byte: usize,
    },
    /// The file cannot be opened, for this reason.
    #[error("cannot be opened: {0}")]
    Unopened(String),
    /// The file cannot be read, for this reason.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

impl SourceError {
    /// Converts the operating system's error for a file that cannot be read.
    pub(super) fn unreadable(error: &std::io::Error) -> Self {
        Self::Unreadable(reason(error))
    }
}

/// Reads a file of at most `limit` bytes.
///
/// The size is checked first, and only regular files are opened.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    let (file, size) = open(path)?;
    let too_large = |size: u64| SourceError::TooLarge { size, limit };
    if size > limit {
        return Err(too_large(size));
    }
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // The file may have grown since.
    file.take(limit + 1).read_to_end(&mut content).map_err(|error| SourceError::unreadable(&error))?;
    if content.len() as u64 > limit { Err(too_large(content.len() as u64)) } else { Ok(content) }
}

/// Reads a text file of a plan.
pub(super) fn read_text(path: &Path) -> Result<String, SourceError> {
    text(read(path, MAX_PLAN_FILE)?)
}

/// Reads a text file of a plan from standard input.
pub(super) fn read_standard_input() -> Result<String, SourceError> {
    let mut content = Vec::new();
    let read = std::io::stdin().lock().take(MAX_PLAN_FILE + 1).read_to_end(&mut content);
    read.map_err(|error| SourceError::unreadable(&error))?;
    if content.len() as u64 > MAX_PLAN_FILE {
        return Err(SourceError::Endless);
    }
    text(content)
}

fn text(content: Vec<u8>) -> Result<String, SourceError> {
    String::from_utf8(content).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count();
        SourceError::NoText { line, byte: valid + 1 }
    })
}

/// Opens a regular file. Returns it with its size.
pub(super) fn open(path: &Path) -> Result<(File, u64), SourceError> {
    if !path.starts_with("/dev/fd") && path != Path::new("/dev/stdin") {
        check_regular(path)?;
    }
    let opened = open_file(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    opened.map(|(size, file)| (file, size)).map_err(|error| SourceError::Unopened(reason(&error)))
}

/// Opens a regular file of at most `limit` bytes.
pub(super) fn open_within(path: &Path, limit: u64) -> Result<File, SourceError> {
    let (file, size) = open(path)?;
    if size > limit {
        return Err(SourceError::TooLarge { size, limit });
    }
    Ok(file)
}

/// Returns the size of a regular file. Other files are errors.
pub(super) fn check_regular(path: &Path) -> Result<u64, SourceError> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => SourceError::Missing,
        _ => SourceError::unreadable(&error),
    })?;
    if metadata.is_dir() {
        Err(SourceError::Directory)
    } else if !metadata.is_file() {
        Err(SourceError::NoFile)
    } else {
        Ok(metadata.len())
    }
}

/// Returns the operating system's reason, without its error number.
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

/// Resolves `path` relative to `directory`, with `~` expanded to `home`, and `.` and `..` resolved lexically (a
/// symbolic link's `..` is where the link is, as in Python's `abspath`).
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
        assert_eq!(read_text(&large).unwrap_err().to_string(), "the file has 104857600 bytes; the limit is 64 MiB");
        assert_eq!(read_text(directory.path()).unwrap_err().to_string(), "is a directory, not a file");
        assert_eq!(read_text(&directory.path().join("none")).unwrap_err().to_string(), "the file does not exist");
        assert_eq!(read_text(Path::new("/dev/zero")).unwrap_err().to_string(), "is not a regular file");
        let latin = directory.path().join("latin");
        fs::write(&latin, b"a = 1\nb = \"\xe9\"\n").unwrap();
        assert_eq!(read_text(&latin).unwrap_err().to_string(), "the file is not UTF-8 text (line 2, byte 12)");
    }
}
