//! Reading files that a user names, with a size limit and without blocking.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The default size limit of text files, in bytes.
pub const MAX_TEXT: u64 = 16 * 1024 * 1024;

/// Opens a regular file. Other files are refused: a pipe would block, and a device never ends. Only descriptors passed
/// to this process (`/dev/stdin`, `/dev/fd/3`) may be of any kind: a shell's `<(command)` is such a pipe.
///
/// # Errors
/// The file does not exist, may not be read, or is not a regular file.
pub fn open_file(path: &Path) -> io::Result<File> {
    if is_given(path) {
        return File::open(path);
    }
    // The type is checked after opening, and opening a pipe must not wait for its writer.
    let no_file = || io::Error::new(ErrorKind::InvalidInput, "it is not a regular file");
    let opened = OpenOptions::new().read(true).custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits()).open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        // A socket, or a device that does not exist (open(2)).
        Some(nix::libc::ENXIO) => no_file(),
        _ => error,
    })?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok(file)
    } else if metadata.is_dir() {
        Err(io::Error::new(ErrorKind::IsADirectory, "it is a directory, not a file"))
    } else {
        Err(no_file())
    }
}

/// Reads a regular file of at most `limit` bytes, like [`open_file`].
///
/// # Errors
/// The file cannot be opened or read, or is larger.
pub fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open_file(path)?;
    let too_large =
        |size: String| io::Error::new(ErrorKind::FileTooLarge, format!("it has {size} bytes; the limit is {limit}"));
    let size = file.metadata()?.len();
    if size > limit {
        return Err(too_large(size.to_string()));
    }
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // The file may have grown since, or not report its size.
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit { Err(too_large(format!("more than {limit}"))) } else { Ok(content) }
}

/// Reads a text file of at most `limit` bytes.
///
/// # Errors
/// Those of [`read_file`], and content that is not UTF-8.
pub fn read_text_file(path: &Path, limit: u64) -> io::Result<String> {
    let content = read_file(path, limit)?;
    String::from_utf8(content).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Returns whether a path names a descriptor that was passed to this process.
fn is_given(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_blocks_or_never_ends_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let refused = |path: &Path| read_file(path, 10).unwrap_err().to_string();
        assert_eq!(refused(&pipe), "it is not a regular file");
        assert_eq!(refused(Path::new("/dev/zero")), "it is not a regular file");
        let socket = directory.path().join("socket");
        let _listens = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(refused(&socket), "it is not a regular file");
        assert_eq!(refused(directory.path()), "it is a directory, not a file");
        let file = directory.path().join("file");
        std::fs::write(&file, "0123456789").unwrap();
        assert_eq!(read_file(&file, 10).unwrap(), b"0123456789");
        assert_eq!(read_file(&file, 9).unwrap_err().to_string(), "it has 10 bytes; the limit is 9");
        assert_eq!(read_file(&directory.path().join("none"), 9).unwrap_err().kind(), ErrorKind::NotFound);
        // Files of the kernel do not report their size.
        assert!(refused(Path::new("/proc/self/environ")).contains("the limit is 10"));
        std::fs::write(&file, b"\xff").unwrap();
        assert_eq!(read_text_file(&file, 10).unwrap_err().to_string(), "it is not UTF-8 text");
    }
}
