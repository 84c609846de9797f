//! Reading, writing and removing files for a client, in a child process, so that the init never blocks on a disk.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::libc;
use nix::unistd::{ForkResult, fork};

use crate::host::protocol::{Operation, Reply};
use crate::os::files;

/// The time after which a client that stalls in the middle of a file is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// Starts a child process that performs a file operation for the client at `stream`. `head` holds the bytes that were
/// already read after the request.
pub(super) fn start(stream: UnixStream, head: Vec<u8>, operation: Operation) -> io::Result<()> {
    // SAFETY: this process has one thread.
    let forked = unsafe { fork() }.inspect_err(|errno| {
        let error = io::Error::from(*errno);
        // A client that is gone needs no answer.
        let _ = answer(&mut &stream, &Reply::Failed(format!("cannot fork: {error}")));
    });
    match forked? {
        ForkResult::Parent { .. } => Ok(()),
        ForkResult::Child => {
            // This process must not keep open the init's lock, which shows that the init lives, its listener, or the
            // connections of other clients.
            let stream = keep_only(stream);
            let served = stream.and_then(|stream| serve(stream, head, operation));
            // SAFETY: ends this process without running the init's destructors and exit handlers.
            unsafe { libc::_exit(i32::from(served.is_err())) }
        }
    }
}

fn keep_only(stream: UnixStream) -> io::Result<UnixStream> {
    use std::os::fd::{FromRawFd as _, IntoRawFd as _};
    const KEPT: i32 = 3;
    let descriptor = stream.into_raw_fd();
    // SAFETY: the descriptor is open, and nothing in this process uses any other one from here on.
    unsafe {
        if descriptor != KEPT && libc::dup2(descriptor, KEPT) < 0 {
            return Err(io::Error::last_os_error());
        }
        libc::syscall(libc::SYS_close_range, KEPT + 1, libc::c_uint::MAX, 0);
        Ok(UnixStream::from_raw_fd(KEPT))
    }
}

fn serve(mut stream: UnixStream, head: Vec<u8>, operation: Operation) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(SILENCE_LIMIT))?;
    stream.set_write_timeout(Some(SILENCE_LIMIT))?;
    match operation {
        Operation::Put { path, mode, size } => {
            let reply = match put(&mut stream, &head, &path, mode, size) {
                Ok(()) => Reply::Done,
                Err(error) => Reply::Failed(format!("cannot write {}: {error}", path.display())),
            };
            answer(&mut stream, &reply)
        }
        Operation::Get { path, limit } => match get(&path, limit) {
            Ok(Some(content)) => {
                answer(&mut stream, &Reply::File(content.len() as u64))?;
                stream.write_all(&content)
            }
            Ok(None) => answer(&mut stream, &Reply::NoFile),
            Err(error) => answer(&mut stream, &Reply::Failed(format!("cannot read {}: {error}", path.display()))),
        },
        Operation::Remove { path } => {
            let reply = match remove(&path) {
                Ok(()) => Reply::Done,
                Err((path, error)) => Reply::Failed(format!("cannot remove {}: {error}", path.display())),
            };
            answer(&mut stream, &reply)
        }
        Operation::AwaitStart | Operation::Run { .. } | Operation::Shutdown => {
            answer(&mut stream, &Reply::Failed("this is not about files".to_owned()))
        }
    }
}

fn answer(mut stream: impl io::Write, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn put(stream: &mut UnixStream, head: &[u8], path: &Path, mode: u32, size: u64) -> io::Result<()> {
    let parent = path.parent().filter(|_| path.is_absolute());
    fs::create_dir_all(parent.ok_or_else(|| io::Error::other("its path is not absolute"))?)?;
    let mut name = std::ffi::OsString::from(format!(".{}.", std::process::id()));
    name.push(path.file_name().ok_or_else(|| io::Error::other("its path has no file name"))?);
    let unfinished = path.with_file_name(name);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        let content = io::Read::chain(head, stream);
        if io::copy(&mut content.take(size), &mut file)? != size {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its sender went away"));
        }
        file.set_permissions(Permissions::from_mode(mode))?;
        // Closed before the rename: a program that is open for writing cannot be executed.
        drop(file);
        fs::rename(&unfinished, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn get(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    // Non-blocking, since a program may have put a pipe there.
    let file = match OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::other(format!("it is larger than {limit} bytes")));
    }
    Ok(Some(content))
}

fn remove(path: &Path) -> Result<(), (PathBuf, io::Error)> {
    if !path.is_absolute() || path.parent().is_none() {
        return Err((path.to_owned(), io::Error::other("this is not the path of a stage directory")));
    }
    files::remove_tree(path)
}
