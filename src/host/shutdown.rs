//! Ending a host from outside, whatever state its init is in.

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
use super::process_tag::{ProcessTag, ask_marked_to_stop};
use super::proof::Proof;
use super::protocol::{InitStatus, InstanceLayout, Operation, PROTOCOL, Reply, Request, dial, read_status};
use super::terminate_error::TerminateError;
use crate::os::processes::Handle;
use crate::os::{FileLock, processes, remove_tree, remove_whole};
use crate::retry::{Limit, Pauses, poll_blocking_until};

/// How long an init may take to acknowledge that it is to end: it never waits for anything itself, and this is enough
/// for a very busy machine. One that takes longer hangs, and is killed.
const ACKNOWLEDGE_LIMIT: Duration = Duration::from_secs(5);

/// How long an init may take to vanish after its last word before it is looked for: it has nothing left to do.
const EXIT_LIMIT: Duration = Duration::from_millis(500);

/// How long the last of a host may take to let go of its lock once nothing that can be found is left.
const RELEASE_LIMIT: Duration = Duration::from_secs(10);

/// How often a directory is removed that is there again afterwards: a process that is just being killed may make one
/// once more.
const ROUNDS: u32 = 5;

/// The pause between two looks at that lock.
const LOOK_PAUSE: Duration = Duration::from_millis(1);

/// The pause between two calls of an init whose queue of callers is full.
const CALL_PAUSE: Duration = Duration::from_millis(10);

/// A host that is to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InitTerminator<'a> {
    /// What its processes are marked with.
    pub(crate) id: &'a str,
    /// Where it lives.
    pub(crate) directory: &'a Path,
    /// Where its directory is moved before it is removed: an init that was only just started, and has not come so far
    /// as to be known for one, finds nothing to live in.
    pub(crate) gone: &'a Path,
    /// Where it is recorded that it was begun.
    pub(crate) begun: &'a Path,
    /// Whether something of it may live that nothing tells from others, where that record is lost.
    pub(crate) may_hide: bool,
    /// Whether the record stays, as that of one that has ended, until the caller removes it.
    pub(crate) keeps_record: bool,
}

impl InitTerminator<'_> {
    /// Ends every process of the host, proves that none is left, and removes its directory; also when its init was
    /// killed, hangs, was stopped or has not come up yet, and when the directory was moved or removed. Nothing that is
    /// said or written from within is believed: the processes themselves are looked for, by what they carry. Blocks for
    /// as long as they take to stop.
    ///
    /// The caller sees to it that nobody starts or ends the same host at the same time.
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
                // What is known by now before the directory moves: programs would go on to write at its old place.
                proof.witnessed |= self.end_by_mark()?;
            }
            if is_there(self.directory) && is_there(self.gone) {
                // An earlier try was cut off, and then the host was made anew.
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
            // What came up in the last moment may still have made the directory again, empty; nobody will any more.
            remove(self.gone)?;
        }
        if self.keeps_record {
            return Ok(());
        }
        remove_whole(self.begun).map_err(|error| TerminateError::io("remove", self.begun, &error))
    }

    /// Tells the init to end; whether it did, having ended everything else.
    fn end_by_init(&self) -> bool {
        // One that cannot be read is no help in ending anything.
        let Ok(Some(status)) = read_status(self.directory) else { return false };
        if status.protocol != PROTOCOL {
            ask_marked_to_stop(&self.mark(), status.process, STOP_GRACE);
            return false;
        }
        // The process itself, not what answers in its name; and not that of another host, whose files were put here.
        let init = Handle::of(status.process, status.started);
        let is_it = self.mark().is_on(status.process) && census::is_init(status.process);
        let Some(init) = init.filter(|_| is_it) else { return false };
        if processes::is_stopped(status.process) {
            init.signal(Signal::SIGCONT);
        }
        match ask(&status) {
            Ok(Reply::Done) => init.wait_for_end(Instant::now() + EXIT_LIMIT),
            // It does not answer as an init does: everything that carries its mark is ended instead, itself included.
            _ => {
                // Where somebody else has killed it, its namespace may still be on its way out.
                if !FileLock::is_held(&self.directory.join(InstanceLayout::ALIVE)).unwrap_or(true) {
                    init.wait_for_end(Instant::now() + EXIT_LIMIT);
                }
                false
            }
        }
    }

    /// Kills what carries the mark until nothing does and nobody holds the lock of the host's life. Whoever could take
    /// that lock carried the mark before, and with the directory moved away nobody can who does not carry it now. Gives
    /// whether a living init was the last to go.
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
                // Something else lies where its directory was: there is no lock in it.
                Err(error) if is_no_file(&error) => Ok(Some(witnessed)),
                Err(error) => Err(TerminateError::io("look at", &lock, &error)),
            }
        };
        poll_blocking_until(Pauses::fixed(LOOK_PAUSE), Limit::Time(RELEASE_LIMIT), || end_all().transpose())
            .unwrap_or_else(|| Err(TerminateError::held(&lock)))
    }

    fn mark(&self) -> ProcessTag {
        ProcessTag {
            id: self.id.to_owned(),
            outputs: [self.directory, self.gone].map(|place| place.join(InstanceLayout::RUNS)).to_vec(),
        }
    }
}

/// Whether something has this name, be it a file, or a link that leads nowhere.
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

/// Whether the init of the host in `directory` lives: it holds its lock or, where that was removed or replaced, is seen
/// to run.
pub(crate) fn is_alive(directory: &Path) -> io::Result<bool> {
    match FileLock::is_held(&directory.join(InstanceLayout::ALIVE)) {
        Ok(true) => return Ok(true),
        Err(error) if !is_no_file(&error) => return Err(error),
        _ => {}
    }
    let status = read_status(directory).ok().flatten();
    Ok(status.is_some_and(|status| status.is_running() && census::is_init(status.process)))
}

/// Tells an init to end, and waits for what it says to that.
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
        // The end of the connection is the end of the init; a failure to wait for it shows a line later.
        let _ = reader.read_to_end(&mut Vec::new());
    }
    Ok(reply)
}

/// Waits for room in the queue of an init's callers: one that hangs takes none off it.
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
