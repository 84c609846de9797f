//! Ending a host from outside, whatever state its init is in.

use std::fs;
use std::io::{self, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::file_lock::FileLock;
use super::files::remove_tree;
use super::init::{SHUTDOWN_LIMIT, STOP_GRACE};
use super::processes::{self, Handle, Mark};
use super::protocol::{Layout, Operation, PROTOCOL, Reply, Request, Status, peer_user, read_status, socket_address};

/// How long an init may take to acknowledge that it is to end: it never waits for anything itself, and this is enough
/// for a very busy machine. One that takes longer hangs, and is killed.
const ACKNOWLEDGE_LIMIT: Duration = Duration::from_secs(5);

/// How long an init may take to vanish after its last word before it is looked for: it has nothing left to do.
const EXIT_LIMIT: Duration = Duration::from_millis(200);

/// How long the last of a host may take to let go of its lock once nothing that can be found is left.
const RELEASE_LIMIT: Duration = Duration::from_secs(10);

/// How often a directory is removed that is there again afterwards: a process that is just being killed may make one
/// once more.
const ROUNDS: u32 = 5;

/// The pause between two looks at that lock.
const LOOK_PAUSE: Duration = Duration::from_millis(1);

/// A host that is to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doomed<'a> {
    /// What its processes are marked with.
    pub(crate) id: &'a str,
    /// Where it lives.
    pub(crate) directory: &'a Path,
    /// Where its directory is moved before it is removed: an init that was only just started, and has not come so far
    /// as to be known for one, finds nothing to live in.
    pub(crate) gone: &'a Path,
    /// Look for leftovers of earlier inits even if the present one says that it has ended everything.
    pub(crate) thoroughly: bool,
}

/// Why a host could not be ended, or its directory not be removed.
#[derive(Clone, Debug)]
pub(crate) struct Stuck {
    /// What went wrong with what.
    pub(crate) reason: String,
    /// What to do about it before the next try.
    pub(crate) hint: String,
}

impl Doomed<'_> {
    /// Ends every process of the host, proves that none is left, and removes its directory; also when its init was
    /// killed, hangs, was stopped or has not come up yet. Blocks for as long as the processes take to stop.
    ///
    /// The caller sees to it that nobody starts or ends the same host at the same time.
    pub(crate) fn end(&self) -> Result<(), Stuck> {
        for round in 0.. {
            if !self.directory.exists() {
                break;
            }
            if round == ROUNDS {
                return Err(Stuck::made_again(self.directory));
            }
            let mut left = self.end_by_init()? == Left::Perhaps;
            if left || self.thoroughly {
                // What is known by now before the directory moves: programs would go on to write at its old place.
                processes::kill_marked(&self.mark(), Instant::now() + RELEASE_LIMIT);
                left = true;
            }
            if self.gone.exists() {
                // An earlier try was cut off, and then the host was made anew.
                remove(self.gone)?;
            }
            match fs::rename(self.directory, self.gone) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Stuck::io("move", self.directory, &error));
                }
                _ => {}
            }
            if left {
                self.end_by_mark()?;
            }
            // What came up in the last moment may still have made the directory again, empty; nobody will any more.
            remove(self.gone)?;
        }
        if self.gone.exists() {
            self.end_by_mark()?;
            remove(self.gone)?;
        }
        Ok(())
    }

    fn end_by_init(&self) -> Result<Left, Stuck> {
        // One that cannot be read is no help in ending anything.
        let Ok(Some(status)) = read_status(self.directory) else { return Ok(Left::Perhaps) };
        if status.protocol != PROTOCOL {
            processes::ask_marked_to_stop(&self.mark(), status.process, STOP_GRACE);
            return Ok(Left::Perhaps);
        }
        let init = Handle::of(status.process, status.started);
        if let Some(init) = init.as_ref().filter(|_| processes::is_stopped(status.process)) {
            init.signal(Signal::SIGCONT);
        }
        match ask(&status) {
            Ok(Reply::Done) => Ok(self.await_release(Instant::now() + EXIT_LIMIT)),
            Ok(Reply::Failed(reason)) => Err(Stuck::processes(reason)),
            // It does not answer as an init does: everything that carries its mark is ended instead, itself included.
            Ok(_) | Err(_) => {
                // Where somebody else has killed it, its namespace may still be on its way out.
                if let Some(init) = init.filter(|_| !is_alive(self.directory).unwrap_or(true)) {
                    init.wait_for_end(Instant::now() + RELEASE_LIMIT);
                }
                Ok(Left::Perhaps)
            }
        }
    }

    fn await_release(&self, give_up: Instant) -> Left {
        while Instant::now() < give_up {
            if is_alive(self.directory).is_ok_and(|alive| !alive) {
                return Left::Nothing;
            }
            std::thread::sleep(LOOK_PAUSE);
        }
        Left::Perhaps
    }

    /// Kills what carries the mark until nothing does and nobody holds the lock of the host's life. Whoever could take
    /// that lock carried the mark before, and with the directory moved away nobody can who does not carry it now.
    fn end_by_mark(&self) -> Result<(), Stuck> {
        let lock = self.gone.join(Layout::ALIVE);
        let give_up = Instant::now() + RELEASE_LIMIT;
        loop {
            processes::end_marked(&self.mark()).map_err(|survivors| {
                Stuck::processes(format!("these processes cannot be ended: {}", survivors.join(", ")))
            })?;
            match FileLock::is_held(&lock) {
                Ok(false) => return Ok(()),
                Ok(true) if Instant::now() > give_up => return Err(Stuck::held(&lock)),
                Ok(true) => std::thread::sleep(LOOK_PAUSE),
                Err(error) => return Err(Stuck::io("look at", &lock, &error)),
            }
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            id: self.id.to_owned(),
            outputs: [self.directory, self.gone].map(|place| place.join(Layout::RUNS)).to_vec(),
        }
    }
}

/// Whether something of a host may be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    Perhaps,
}

impl Stuck {
    fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self {
            reason: format!("cannot {doing} {}: {error}", path.display()),
            hint: "see to it that this user may change it, then try again".to_owned(),
        }
    }

    fn processes(reason: String) -> Self {
        let hint = "end them as the user that they belong to, then try again".to_owned();
        Self { reason, hint }
    }

    fn made_again(directory: &Path) -> Self {
        Self {
            reason: format!("something that is not of this host makes {} again and again", directory.display()),
            hint: "end that, then try again".to_owned(),
        }
    }

    fn held(lock: &Path) -> Self {
        let holders = processes::that_have_open(lock);
        let (who, hint) = if holders.is_empty() {
            ("a process that this user may not see".to_owned(), "look for it as root (fuser -v on that file), end it")
        } else {
            (holders.join(", "), "end it (kill -KILL and its number)")
        };
        Self { reason: format!("{who} still holds {}", lock.display()), hint: format!("{hint}, then try again") }
    }
}

fn remove(directory: &Path) -> Result<(), Stuck> {
    remove_tree(directory).map_err(|(path, error): (PathBuf, io::Error)| Stuck {
        hint: format!("remove it as its owner (sudo rm -rf {}), then try again", directory.display()),
        ..Stuck::io("remove", &path, &error)
    })
}

/// Whether the init of the host in `directory` lives.
pub(crate) fn is_alive(directory: &Path) -> io::Result<bool> {
    FileLock::is_held(&directory.join(Layout::ALIVE))
}

/// Tells an init to end, and waits for what it says to that.
fn ask(status: &Status) -> io::Result<Reply> {
    let contact = status.contact()?;
    let mut stream = UnixStream::connect_addr(&socket_address(&contact.socket)?)?;
    if peer_user(&stream)? != nix::unistd::getuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
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

fn next(reader: &mut impl io::BufRead) -> io::Result<Reply> {
    let mut answer = String::new();
    reader.read_line(&mut answer)?;
    serde_json::from_str(&answer).map_err(io::Error::from)
}
