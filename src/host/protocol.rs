//! What hoist and the init of a local host say to each other, and where they meet.
//!
//! One request a connection: a line of JSON, for a file followed by its content; the answer likewise. Both sides check
//! that the other has the same user, and the request carries the secret that only who may read the host's directory
//! knows, so that neither a recycled address nor another user's socket is ever taken for the host.

use std::io;
use std::os::fd::AsRawFd as _;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use serde::{Deserialize, Serialize};

use crate::os::{files, processes};
use crate::provider::{Command, CompletedProcess};

/// The longest request line: an environment and arguments of the size that Linux lets a program have (2 MiB), in JSON.
pub(crate) const REQUEST_LIMIT: usize = 8 * 1024 * 1024;

/// What entitles to ask an init; kept out of messages.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// A new one.
    pub(crate) fn random() -> io::Result<Self> {
        files::random_hex(16).map(Self)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The version of everything that an init and hoist say to each other.
///
/// Instances outlive an upgrade of hoist. Raise this with every change that an init of before would not understand, or
/// would be misunderstood with. An init of another version can still be described and ended, never asked.
pub(crate) const PROTOCOL: u32 = 1;

/// What an init tells of itself once it serves, in its directory's `status.json`.
///
/// All fields but `contact` mean the same in every version of the protocol, for ever; new ones need a default.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InitStatus {
    /// Its [`PROTOCOL`]; 0 before there were numbers.
    #[serde(default)]
    pub(crate) protocol: u32,
    /// Its process, as this machine numbers it.
    pub(crate) process: i32,
    /// When that process started, in the kernel's ticks since the machine did.
    #[serde(default)]
    pub(crate) started: u64,
    /// The loopback address that it holds.
    #[serde(default)]
    pub(crate) address: Option<String>,
    /// Why it ended by itself, if it did.
    #[serde(default)]
    pub(crate) ended: Option<String>,
    /// Whether it ended in good order, with nothing left of what it had started; nobody knows that of inits before
    /// there was this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clean: Option<bool>,
    /// A [`InitEndpoint`], for who speaks its protocol.
    #[serde(default)]
    contact: serde_json::Value,
}

/// How an init is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InitEndpoint {
    /// The abstract socket on which it listens.
    pub(crate) socket: String,
    /// What a request must carry.
    pub(crate) secret: Secret,
}

/// An init speaks another version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it was started by another version of hoist (it speaks protocol {theirs}, this hoist speaks {PROTOCOL}): go on with \
     the version that started it, or terminate it and boot it anew; terminating works with every version"
)]
pub(crate) struct NotOurInit {
    theirs: u32,
}

impl InitStatus {
    /// Of an init of this version.
    pub(crate) fn new(process: i32, started: u64, contact: &InitEndpoint, address: Option<String>) -> io::Result<Self> {
        let contact = serde_json::to_value(contact)?;
        Ok(Self { protocol: PROTOCOL, process, started, address, ended: None, clean: Some(false), contact })
    }

    /// Whether the process that wrote this is still there, as this machine numbers processes.
    pub(crate) fn is_running(&self) -> bool {
        processes::start_time(self.process) == Some(self.started) && !processes::is_zombie(self.process)
    }

    /// How to ask it; an error of the kind [`io::ErrorKind::Unsupported`] holds [`NotOurInit`].
    pub(crate) fn contact(&self) -> io::Result<InitEndpoint> {
        if self.protocol != PROTOCOL {
            return Err(io::Error::new(io::ErrorKind::Unsupported, NotOurInit { theirs: self.protocol }));
        }
        InitEndpoint::deserialize(&self.contact).map_err(io::Error::from)
    }

    /// Writes it where clients look for it; the working directory is the host's.
    pub(super) fn publish(&self) -> io::Result<()> {
        let content = serde_json::to_vec(self)?;
        files::write_whole(Path::new(InstanceLayout::STATUS), &content, 0o600, files::Durability::Process)
    }
}

/// The names of an init's own files in its directory.
pub(crate) struct InstanceLayout;

impl InstanceLayout {
    /// [`super::init::InitConfig`].
    pub(crate) const CONFIG: &str = "init.json";
    /// [`InitStatus`].
    pub(crate) const STATUS: &str = "status.json";
    /// Locked as long as the init lives.
    pub(crate) const ALIVE: &str = "alive";
    /// What the init and the user data print.
    pub(crate) const CONSOLE: &str = "console.log";
    /// Results and output of commands.
    pub(crate) const RUNS: &str = "runs";
    /// The programs' home directory.
    pub(crate) const HOME: &str = "home";
    /// The programs' `/tmp`.
    pub(crate) const TMP: &str = "tmp";
    /// The programs' `/var/tmp`.
    pub(crate) const VAR_TMP: &str = "var-tmp";
    /// Which of them is mounted where in a namespace.
    pub(crate) const MOUNTED: [(&str, &str); 2] = [(Self::TMP, "/tmp"), (Self::VAR_TMP, "/var/tmp")];
    /// Scripts of the user data.
    pub(crate) const USER_DATA: &str = "user-data";
    /// The instance's own version of `/etc/hosts`.
    pub(crate) const HOSTS: &str = "hosts";
    /// Where stage directories are made when `/tmp` is not private.
    pub(crate) const STAGE: &str = "stage";
    /// When the lease ends that several hosts share, in a directory of its own.
    pub(crate) const LEASE: &str = "lease";
}

/// A request, with the secret that entitles to it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// From the status file.
    pub(crate) secret: Secret,
    /// What to do.
    pub(crate) operation: Operation,
}

/// What an init can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// Answer when the user data has run.
    AwaitStart,
    /// Run a command, or wait for the one of that key.
    Run {
        /// What to run.
        command: Command,
        /// The whole environment instead of the init's own.
        environment: Option<Vec<(String, String)>>,
    },
    /// Write a file; `size` bytes follow the line.
    Put {
        /// The path on the instance.
        path: PathBuf,
        /// Permission bits.
        mode: u32,
        /// Bytes.
        size: u64,
    },
    /// Read a file of at most `limit` bytes.
    Get {
        /// The path on the instance.
        path: PathBuf,
        /// Bytes.
        limit: u64,
    },
    /// Remove a directory with all it holds.
    Remove {
        /// The path on the instance.
        path: PathBuf,
    },
    /// End every process, answer, and end.
    Shutdown,
}

/// What an init answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// It has begun to end; whether that succeeds follows on the same connection.
    Ending,
    /// It is done.
    Done,
    /// A command ended.
    Finished(CompletedProcess),
    /// A file; so many bytes follow the line.
    File(u64),
    /// There is no such file.
    NoFile,
    /// It could not be done.
    Failed(String),
}

/// The address of the abstract socket called `name`.
pub(crate) fn socket_address(name: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

/// Calls whoever of this user listens on the abstract socket called `name`; `None` while the queue of its callers is
/// full. Never waits, and gives a stream that does not.
pub(crate) fn dial(name: &str) -> io::Result<Option<UnixStream>> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let caller = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    match connect(caller.as_raw_fd(), &UnixAddr::new_abstract(name.as_bytes())?) {
        Ok(()) => {}
        Err(Errno::EAGAIN) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let stream = UnixStream::from(caller);
    if peer_user(&stream)? != nix::unistd::getuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "another user has taken its socket"));
    }
    Ok(Some(stream))
}

/// Reads what the init in `directory` tells of itself; `None` while it does not serve yet. What cannot be understood,
/// as a power cut can leave it, is an error of the kind [`io::ErrorKind::InvalidData`].
pub(crate) fn read_status(directory: &Path) -> io::Result<Option<InitStatus>> {
    let Some(content) = files::read_own(&directory.join(InstanceLayout::STATUS))? else { return Ok(None) };
    serde_json::from_slice(&content).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The user of the process at the other end, as this process numbers users.
pub(crate) fn peer_user(stream: &impl std::os::fd::AsFd) -> io::Result<u32> {
    Ok(nix::sys::socket::getsockopt(stream, nix::sys::socket::sockopt::PeerCredentials)?.uid())
}
