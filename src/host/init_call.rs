//! A request to an init, which completes whatever state the init is in.

use std::io::{self, Read};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

use super::protocol::{InitStatus, Operation, Reply, Request, dial};
use super::unresponsive_init::UnresponsiveInit;
use crate::retry::{Pauses, poll};

/// The time within which an init must show that it is alive. Its loop never blocks, so this is enough on a very busy
/// machine.
const SIGN_LIMIT: Duration = Duration::from_secs(10);

/// The first and the longest interval of the checks whether an init whose answer is awaited is alive.
const LOOK_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// The pause between two attempts to connect to an init whose backlog is full.
const CALL_PAUSE: Duration = Duration::from_millis(10);

/// The time for which a file transfer may stall; the init has the same limit.
const STANDSTILL_LIMIT: Duration = Duration::from_secs(60);

/// The time that the removal of a directory may take: one with a million files takes a minute on a slow disk.
const REMOVAL_LIMIT: Duration = Duration::from_secs(600);

/// The size of the chunks in which a file is sent.
const PIECE: usize = 64 * 1024;

/// A file sent after a request.
pub(super) struct Body<'a> {
    /// The source, read chunk by chunk.
    pub(super) reader: Box<dyn Read + Send + 'a>,
    /// The number of bytes that the reader yields.
    pub(super) size: u64,
    /// The file's name in messages.
    pub(super) name: String,
}

/// The error for a [`Body`] that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(pub(super) String);

/// The init to call.
#[derive(Clone, Copy, Debug)]
pub(super) struct InitCall<'a> {
    /// The init's process id.
    process: i32,
    /// The name of the init's socket.
    socket: &'a str,
}

impl<'a> InitCall<'a> {
    /// Creates a call of the init with this status, which listens on this socket.
    pub(super) fn with(status: &InitStatus, socket: &'a str) -> Self {
        Self { process: status.process, socket }
    }

    /// Sends a request with its body. Returns the answer, and the bytes that follow it. Takes as long as the operation
    /// itself while the init shows that it is alive; otherwise the error holds an [`UnresponsiveInit`].
    pub(super) async fn hold(&self, request: &Request, body: Option<Body<'_>>) -> io::Result<(Reply, Vec<u8>)> {
        tokio::select! {
            answer = self.exchange(request, body) => answer,
            silence = self.watch() => Err(silence.into()),
        }
    }

    async fn exchange(&self, request: &Request, body: Option<Body<'_>>) -> io::Result<(Reply, Vec<u8>)> {
        let mut stream = BufReader::new(self.call().await?);
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let sent = async {
            stream.write_all(&line).await?;
            match body {
                Some(body) => send(&mut stream, body).await,
                None => Ok(()),
            }
        };
        let sent = match sent.await {
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Unreadable>()) => return Err(error),
            // An init that cannot take the body reports why and closes the connection: its answer says more than the
            // broken pipe.
            sent => sent,
        };
        let mut answer = String::new();
        let read = stream.read_line(&mut answer);
        let read = match request.operation {
            // Without a limit.
            Operation::AwaitStart | Operation::Run { .. } | Operation::Shutdown => read.await?,
            Operation::Put { .. } | Operation::Get { .. } => within(STANDSTILL_LIMIT, read).await?,
            Operation::Remove { .. } => within(REMOVAL_LIMIT, read).await?,
        };
        if read == 0 {
            return Err(sent.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        }
        let reply = serde_json::from_str(&answer)?;
        let content = match reply {
            Reply::File(size) => receive(&mut stream, size).await?,
            _ => Vec::new(),
        };
        Ok((reply, content))
    }

    /// Checks repeatedly whether the init is alive. Returns when it is not.
    async fn watch(&self) -> UnresponsiveInit {
        let mut pauses = Pauses::growing(LOOK_PAUSE.0, LOOK_PAUSE.1);
        loop {
            sleep(pauses.pause()).await;
            if let Some(silence) = UnresponsiveInit::of_stopped(self.process) {
                return silence;
            }
            if timeout(SIGN_LIMIT, self.sign()).await.is_err() {
                let slow = UnresponsiveInit::Slow { process: self.process, limit: SIGN_LIMIT };
                return UnresponsiveInit::of_stopped(self.process).unwrap_or(slow);
            }
        }
    }

    /// Waits for a sign of life. Every version of the init hangs up on silent clients, which counts as one. A refused
    /// connection counts as well, since the request itself will meet it.
    async fn sign(&self) -> io::Result<()> {
        let mut stream = self.call().await?;
        stream.write_all(b"\n").await?;
        stream.read(&mut [0]).await.map(drop)
    }

    /// Connects to the init, waiting for room in its backlog.
    async fn call(&self) -> io::Result<UnixStream> {
        let called = poll(Pauses::fixed(CALL_PAUSE), || async { dial(self.socket).transpose() }).await;
        UnixStream::from_std(called?)
    }
}

async fn send(stream: &mut BufReader<UnixStream>, mut body: Body<'_>) -> io::Result<()> {
    let unreadable = |name: &str, why: &str| io::Error::other(Unreadable(format!("cannot send {name}: {why}")));
    let (mut left, mut buffer) = (body.size, vec![0; PIECE]);
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let read = body.reader.read(&mut buffer[..most]);
        let read = read.map_err(|error| unreadable(&body.name, &error.to_string()))?;
        if read == 0 {
            return Err(unreadable(&body.name, "it became shorter while it was sent"));
        }
        within(STANDSTILL_LIMIT, stream.write_all(&buffer[..read])).await?;
        left -= read as u64;
    }
    Ok(())
}

async fn receive(stream: &mut BufReader<UnixStream>, size: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut rest = stream.take(size);
    while within(STANDSTILL_LIMIT, rest.read_buf(&mut content)).await? > 0 {}
    if content.len() as u64 == size { Ok(content) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

async fn within<T>(limit: Duration, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, step).await.unwrap_or_else(|_| {
        let why = format!("what was asked for stood still for {} s", limit.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    })
}
