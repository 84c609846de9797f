//! Ending a host from outside, whatever state its init is in.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::file_lock::FileLock;
use super::init::SHUTDOWN_LIMIT;
use super::processes::{self, Mark};
use super::protocol::{Layout, Operation, Reply, Request, peer_user, read_status, socket_address};

/// How long an init may take to vanish after its last word.
const EXIT_LIMIT: Duration = Duration::from_secs(2);

/// Who brought a host to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    /// Its init, which outlived all of its processes.
    Init,
    /// We, by the mark on its processes.
    Us,
}

/// Ends every process of the host in `directory` and proves that none is left; also when its init was killed, hangs or
/// never came up. Blocks for as long as the processes take to stop.
pub(crate) fn end_host(directory: &Path, id: &str) -> Result<EndedBy, String> {
    match ask_init(directory) {
        Ok(Reply::Done) => return wait_until_dead(directory).map(|()| EndedBy::Init),
        Ok(Reply::Failed(message)) => return Err(message),
        // It does not answer as an init does: everything that carries its mark is ended instead, itself included.
        Ok(_) | Err(_) => {}
    }
    end_without_init(directory, id).map(|()| EndedBy::Us)
}

/// Kills every process that carries the host's mark.
pub(crate) fn end_without_init(directory: &Path, id: &str) -> Result<(), String> {
    let mark = Mark { id: id.to_owned(), outputs: directory.join(Layout::RUNS) };
    processes::end_marked(&[mark])
        .map_err(|survivors| format!("these processes cannot be ended: {}", survivors.join(", ")))?;
    wait_until_dead(directory)
}

/// Whether the init of the host in `directory` lives.
pub(crate) fn is_alive(directory: &Path) -> io::Result<bool> {
    FileLock::is_held(&directory.join(Layout::ALIVE))
}

fn ask_init(directory: &Path) -> io::Result<Reply> {
    let status = read_status(directory)?.ok_or(io::ErrorKind::NotFound)?;
    let mut stream = UnixStream::connect_addr(&socket_address(&status.socket)?)?;
    if peer_user(&stream)? != nix::unistd::getuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    stream.set_write_timeout(Some(SHUTDOWN_LIMIT))?;
    stream.set_read_timeout(Some(SHUTDOWN_LIMIT))?;
    let mut line = serde_json::to_vec(&Request { secret: status.secret, operation: Operation::Shutdown })?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reader = BufReader::new(stream);
    let mut answer = String::new();
    reader.read_line(&mut answer)?;
    let reply = serde_json::from_str(&answer)?;
    if matches!(reply, Reply::Done) {
        reader.get_ref().set_read_timeout(Some(EXIT_LIMIT))?;
        // The end of the connection is the end of the init; a failure to wait for it shows a line later.
        let _ = reader.read_to_end(&mut Vec::new());
    }
    Ok(reply)
}

fn wait_until_dead(directory: &Path) -> Result<(), String> {
    let give_up = Instant::now() + EXIT_LIMIT;
    loop {
        match is_alive(directory) {
            Ok(false) => return Ok(()),
            Ok(true) if Instant::now() > give_up => {
                return Err(format!("its init still holds {}", directory.join(Layout::ALIVE).display()));
            }
            Ok(true) => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(format!("cannot look at {}: {error}", directory.display())),
        }
    }
}
