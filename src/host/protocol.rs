//! The protocol between hoist and the init of a local host, and the names of the init's files.
//!
//! Each connection carries one request: a line of JSON, for a file followed by its content. The answer has the same
//! form. Both sides check that their peer has the same user, and the request carries a secret known only to readers of
//! the host's directory, so that neither a recycled address nor another user's socket is ever taken for the host.

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

/// The maximum length of a request line: environment and arguments of the size that Linux permits a program (2 MiB), in
/// JSON.
pub(crate) const REQUEST_LIMIT: usize = 8 * 1024 * 1024;

/// The secret that authorizes requests to an init. Not shown in messages.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// Creates a random secret.
    pub(crate) fn random() -> io::Result<Self> {
        files::random_hex(16).map(Self)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The version of the protocol between hoist and inits.
///
/// Instances outlive an upgrade of hoist. Raise this with every change that an earlier init would not understand, or
/// would misunderstand. An init of another version can still be described and ended, but not asked.
pub(crate) const PROTOCOL: u32 = 1;

/// The status of a serving init, stored as `status.json` in its directory.
///
/// All fields but `contact` have the same meaning in every version of the protocol, for ever; new ones need a default.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InitStatus {
    /// The init's [`PROTOCOL`]; 0 before versions were numbered.
    #[serde(default)]
    pub(crate) protocol: u32,
    /// The init's process id on this machine.
    pub(crate) process: i32,
    /// The start time of that process, in clock ticks since boot.
    #[serde(default)]
    pub(crate) started: u64,
    /// The instance's loopback address.
    #[serde(default)]
    pub(crate) address: Option<String>,
    /// The reason why the init ended by itself, if it did.
    #[serde(default)]
    pub(crate) ended: Option<String>,
    /// Whether the init ended in good order, with none of its processes left; `None` for inits from before there was
    /// this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clean: Option<bool>,
    /// An [`InitEndpoint`], if the protocol is this version's.
    #[serde(default)]
    contact: serde_json::Value,
}

/// The endpoint of an init.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InitEndpoint {
    /// The name of the abstract socket.
    pub(crate) socket: String,
    /// The secret that a request must carry.
    pub(crate) secret: Secret,
}

/// The error for an init that speaks another version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it was started by another version of hoist (it speaks protocol {theirs}, this hoist speaks {PROTOCOL}): go on with \
     the version that started it, or terminate it and boot it anew; terminating works with every version"
)]
pub(crate) struct NotOurInit {
    theirs: u32,
}

impl InitStatus {
    /// Creates the status of an init of this version.
    pub(crate) fn new(process: i32, started: u64, contact: &InitEndpoint, address: Option<String>) -> io::Result<Self> {
        let contact = serde_json::to_value(contact)?;
        Ok(Self { protocol: PROTOCOL, process, started, address, ended: None, clean: Some(false), contact })
    }

    /// Returns whether the process that wrote this status is still running.
    pub(crate) fn is_running(&self) -> bool {
        processes::start_time(self.process) == Some(self.started) && !processes::is_zombie(self.process)
    }

    /// Returns the init's endpoint. An error of the kind [`io::ErrorKind::Unsupported`] holds [`NotOurInit`].
    pub(crate) fn contact(&self) -> io::Result<InitEndpoint> {
        if self.protocol != PROTOCOL {
            return Err(io::Error::new(io::ErrorKind::Unsupported, NotOurInit { theirs: self.protocol }));
        }
        InitEndpoint::deserialize(&self.contact).map_err(io::Error::from)
    }

    /// Writes the status file into the working directory, which is the host's directory.
    pub(super) fn publish(&self) -> io::Result<()> {
        let content = serde_json::to_vec(self)?;
        files::write_whole(Path::new(InstanceLayout::STATUS), &content, 0o600, files::Durability::Process)
    }
}

/// The names of an init's files in its directory.
pub(crate) struct InstanceLayout;

impl InstanceLayout {
    /// [`super::init::InitConfig`].
    pub(crate) const CONFIG: &str = "init.json";
    /// [`InitStatus`].
    pub(crate) const STATUS: &str = "status.json";
    /// Locked for the lifetime of the init.
    pub(crate) const ALIVE: &str = "alive";
    /// Output of the init and of the user data.
    pub(crate) const CONSOLE: &str = "console.log";
    /// Results and output of commands.
    pub(crate) const RUNS: &str = "runs";
    /// The programs' home directory.
    pub(crate) const HOME: &str = "home";
    /// The programs' `/tmp`.
    pub(crate) const TMP: &str = "tmp";
    /// The programs' `/var/tmp`.
    pub(crate) const VAR_TMP: &str = "var-tmp";
    /// The directories that are mounted in a namespace, with their mount points.
    pub(crate) const MOUNTED: [(&str, &str); 2] = [(Self::TMP, "/tmp"), (Self::VAR_TMP, "/var/tmp")];
    /// Scripts of the user data.
    pub(crate) const USER_DATA: &str = "user-data";
    /// The instance's own version of `/etc/hosts`.
    pub(crate) const HOSTS: &str = "hosts";
    /// Stage directories, if `/tmp` is not private.
    pub(crate) const STAGE: &str = "stage";
    /// The end of the lease: of this host, or, in a directory of its own, of several hosts that share one.
    pub(crate) const LEASE: &str = "lease";
}

/// A request, with its authorization.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The secret from the status file.
    pub(crate) secret: Secret,
    /// The operation to perform.
    pub(crate) operation: Operation,
}

/// A request's operation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// Answer once the user data has run.
    AwaitStart,
    /// Run a command, or wait for the one with the same key.
    Run {
        /// The command.
        command: Command,
        /// The complete environment, in place of the init's own.
        environment: Option<Vec<(String, String)>>,
    },
    /// Write a file; `size` bytes follow the line.
    Put {
        /// The path on the host.
        path: PathBuf,
        /// Permission bits.
        mode: u32,
        /// The size, in bytes.
        size: u64,
    },
    /// Read a file of at most `limit` bytes.
    Get {
        /// The path on the host.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// Remove a directory and its content.
    Remove {
        /// The path on the host.
        path: PathBuf,
    },
    /// End all processes, answer, and exit.
    Shutdown,
}

/// A message from an init to its client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// The end has begun; its outcome follows on the same connection.
    Ending,
    /// Success.
    Done,
    /// A command ended.
    Finished(CompletedProcess),
    /// A file, whose content of this many bytes follows the line.
    File(u64),
    /// The file does not exist.
    NoFile,
    /// Failure, with its reason.
    Failed(String),
}

/// Returns the address of the abstract socket `name`.
pub(crate) fn socket_address(name: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

/// Connects to the abstract socket `name`, whose listener must be of the same user. Returns `None` while its backlog is
/// full. Never blocks, and returns a non-blocking stream.
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

/// Reads the status of the init in `directory`. Returns `None` if it does not serve yet. Damaged content, as after a
/// power cut, is an error of the kind [`io::ErrorKind::InvalidData`].
pub(crate) fn read_status(directory: &Path) -> io::Result<Option<InitStatus>> {
    let Some(content) = files::read_own(&directory.join(InstanceLayout::STATUS))? else { return Ok(None) };
    serde_json::from_slice(&content).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Returns the user id of the process at the other end, in this process's user namespace.
pub(crate) fn peer_user(stream: &impl std::os::fd::AsFd) -> io::Result<u32> {
    Ok(nix::sys::socket::getsockopt(stream, nix::sys::socket::sockopt::PeerCredentials)?.uid())
}
