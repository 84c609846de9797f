//! Ending a host from outside, in whatever state its init is.

use std::fs;
use std::io::{self, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::signal::Signal;

use super::census;
use super::family::end_family;
use super::init::{SHUTDOWN_LIMIT, STOP_GRACE};
use super::init_record::InitRecord;
use super::process_mark::{ProcessMark, ask_marked_to_stop};
use super::proof::Proof;
use super::protocol::{InitStatus, InstanceLayout, Operation, PROTOCOL, Reply, Request, dial, read_status};
use super::terminate_error::TerminateError;
use crate::os::processes::Handle;
use crate::os::{FileLock, processes, remove_tree, remove_whole};
use crate::retry::{Limit, Pauses, poll_blocking_until};

/// The time within which an init must acknowledge a request to end. It never blocks, so this is enough on a very busy
/// machine. An init that takes longer hangs, and is killed.
const ACKNOWLEDGE_LIMIT: Duration = Duration::from_secs(5);

/// The time that an init may take to exit after its last message, when it has nothing left to do.
const EXIT_LIMIT: Duration = Duration::from_millis(500);

/// The time within which the host's lock must be released once no process can be found any more.
const RELEASE_LIMIT: Duration = Duration::from_secs(10);

/// The number of attempts to remove a directory that reappears: a process that is being killed may make it once more.
const ROUNDS: u32 = 5;

/// The interval of the checks of that lock.
const LOOK_PAUSE: Duration = Duration::from_millis(1);

/// The pause between two attempts to connect to an init whose backlog is full.
const CALL_PAUSE: Duration = Duration::from_millis(10);

/// A host to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InitTerminator<'a> {
    /// The host's id, which its processes carry as their mark.
    pub(crate) id: &'a str,
    /// The host's directory.
    pub(crate) directory: &'a Path,
    /// The path to which the directory is moved before its removal, so that an init that was just started, and is not
    /// yet recognisable as one, finds no directory.
    pub(crate) gone: &'a Path,
    /// The path of the host's record.
    pub(crate) begun: &'a Path,
    /// Whether the host may have processes that nothing distinguishes from others, for the case that its record is
    /// lost.
    pub(crate) may_hide: bool,
    /// Whether to keep the record, marked as ended, until the caller removes it.
    pub(crate) keeps_record: bool,
}

impl InitTerminator<'_> {
    /// Ends every process of the host, proves that none is left, and removes its directory. Also works if the init was
    /// killed, hangs, was stopped or has not started yet, and if the directory was moved or removed. Does not rely on
    /// messages or files from within the host, but finds the processes by their marks. Blocks until they have
    /// stopped.
    ///
    /// The caller must ensure that nobody starts or ends the same host at the same time.
    pub(crate) fn end(&self) -> Result<(), TerminateError> {
        let begun = InitRecord::read(self.begun).map_err(|error| TerminateError::io("read", self.begun, &error))?;
        let mut proof = Proof::of(self.id, self.directory, self.gone, begun.as_ref(), self.may_hide);
        for round in 0.. {
            if round > 0 && !is_there(self.directory) {
                break;
            }
            if round == ROUNDS {
                return Err(TerminateError::made_again(self.directory));
            }
            let by_init = is_there(self.directory) && self.end_by_init();
            proof.witnessed |= by_init;
            if !by_init {
                // The known processes are ended before the directory moves: programs would go on to write at the old
                // path.
                proof.witnessed |= self.end_by_mark()?;
            }
            if is_there(self.directory) && is_there(self.gone) {
                // An earlier attempt was interrupted, and then the host was created anew.
                remove(self.gone)?;
            }
            match fs::rename(self.directory, self.gone) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(TerminateError::io("move", self.directory, &error));
                }
                _ => {}
            }
            proof.witnessed |= self.end_by_mark()?;
            proof.give()?;
            let keeps = begun.as_ref().filter(|begun| self.keeps_record && !begun.isolated);
            if let Some(begun) = keeps {
                let ended = InitRecord { ended: true, ..begun.clone() };
                ended.write(self.begun).map_err(|error| TerminateError::io("write", self.begun, &error))?;
            }
            // A process that started at the last moment may have made the directory again, empty; from here on none
            // can.
            remove(self.gone)?;
        }
        if self.keeps_record {
            return Ok(());
        }
        remove_whole(self.begun).map_err(|error| TerminateError::io("remove", self.begun, &error))
    }

    /// Tells the init to end. Returns whether it did, after ending all other processes.
    fn end_by_init(&self) -> bool {
        // An unreadable status is of no use here.
        let Ok(Some(status)) = read_status(self.directory) else { return false };
        if status.protocol != PROTOCOL {
            ask_marked_to_stop(&self.mark(), status.process, STOP_GRACE);
            return false;
        }
        // The process itself, whoever answers at its socket; and not the init of another host, whose files were put
        // here.
        let init = Handle::of(status.process, status.started);
        let is_it = self.mark().is_on(status.process) && census::is_init(status.process);
        let Some(init) = init.filter(|_| is_it) else { return false };
        if processes::is_stopped(status.process) {
            init.signal(Signal::SIGCONT);
        }
        match ask(&status) {
            Ok(Reply::Done) => init.wait_for_end(Instant::now() + EXIT_LIMIT),
            // It does not answer like an init, so everything with its mark is ended instead, the init included.
            _ => {
                // If somebody else has killed the init, its namespace may still be ending.
                if !FileLock::is_held(&self.directory.join(InstanceLayout::ALIVE)).unwrap_or(true) {
                    init.wait_for_end(Instant::now() + EXIT_LIMIT);
                }
                false
            }
        }
    }

    /// Kills marked processes until none is left and the host's lock is free. Every process that could take the lock
    /// carried the mark, and with the directory moved away no unmarked process can take it any more. Returns whether
    /// a living init was the last to end.
    fn end_by_mark(&self) -> Result<bool, TerminateError> {
        let lock = self.gone.join(InstanceLayout::ALIVE);
        let mut witnessed = false;
        let mut end_all = || {
            witnessed |= end_family(&self.mark()).map_err(|survivors| {
                TerminateError::processes(format!("these processes cannot be ended: {}", survivors.join(", ")))
            })?;
            match FileLock::is_held(&lock) {
                Ok(false) => Ok(Some(witnessed)),
                Ok(true) => Ok(None),
                // There is no directory at its path, so there is no lock.
                Err(error) if is_no_file(&error) => Ok(Some(witnessed)),
                Err(error) => Err(TerminateError::io("look at", &lock, &error)),
            }
        };
        poll_blocking_until(Pauses::fixed(LOOK_PAUSE), Limit::Time(RELEASE_LIMIT), || end_all().transpose())
            .unwrap_or_else(|| Err(TerminateError::held(&lock)))
    }

    fn mark(&self) -> ProcessMark {
        ProcessMark {
            id: self.id.to_owned(),
            outputs: [self.directory, self.gone].map(|place| place.join(InstanceLayout::RUNS)).to_vec(),
        }
    }
}

/// Returns whether the path exists, even if only as a dangling symbolic link.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn is_no_file(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOTDIR | libc::ELOOP | libc::EISDIR | libc::ENXIO))
}

fn remove(directory: &Path) -> Result<(), TerminateError> {
    remove_tree(directory).map_err(|(path, error): (PathBuf, io::Error)| {
        let hint = format!("remove it as its owner (sudo rm -rf {}), then try again", directory.display());
        TerminateError::undone("remove", &path, &error, hint)
    })
}

/// Returns whether the init of the host in `directory` is alive: it holds its lock or, if the lock file was removed or
/// replaced, its process is found.
pub(crate) fn is_alive(directory: &Path) -> io::Result<bool> {
    match FileLock::is_held(&directory.join(InstanceLayout::ALIVE)) {
        Ok(true) => return Ok(true),
        Err(error) if !is_no_file(&error) => return Err(error),
        _ => {}
    }
    let status = read_status(directory).ok().flatten();
    Ok(status.is_some_and(|status| status.is_running() && census::is_init(status.process)))
}

/// Tells an init to end, and waits for its answer.
fn ask(status: &InitStatus) -> io::Result<Reply> {
    let contact = status.contact()?;
    let mut stream = call(&contact.socket)?;
    stream.set_write_timeout(Some(ACKNOWLEDGE_LIMIT))?;
    stream.set_read_timeout(Some(ACKNOWLEDGE_LIMIT))?;
    let mut line = serde_json::to_vec(&Request { secret: contact.secret, operation: Operation::Shutdown })?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reader = BufReader::new(stream);
    let mut reply = next(&mut reader)?;
    if matches!(reply, Reply::Ending) {
        reader.get_ref().set_read_timeout(Some(SHUTDOWN_LIMIT))?;
        reply = next(&mut reader)?;
    }
    if matches!(reply, Reply::Done) {
        reader.get_ref().set_read_timeout(Some(EXIT_LIMIT))?;
        // The connection ends with the init. A failure to wait for it is noticed below.
        let _ = reader.read_to_end(&mut Vec::new());
    }
    Ok(reply)
}

/// Connects to an init, waiting for room in its backlog, which a hanging init does not drain.
fn call(socket: &str) -> io::Result<UnixStream> {
    let limit = Limit::Time(ACKNOWLEDGE_LIMIT);
    let called = poll_blocking_until(Pauses::fixed(CALL_PAUSE), limit, || dial(socket).transpose());
    let stream = called.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn next(reader: &mut impl io::BufRead) -> io::Result<Reply> {
    let mut answer = String::new();
    reader.read_line(&mut answer)?;
    serde_json::from_str(&answer).map_err(io::Error::from)
}
