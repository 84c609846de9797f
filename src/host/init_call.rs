//! One talk with an init, which comes to an end whatever state the init is in.

use std::io::{self, Read};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

use super::protocol::{InitStatus, Operation, Reply, Request, dial};
use super::unresponsive_init::UnresponsiveInit;
use crate::retry::{Pauses, poll};

/// How long an init may take to show that it is there: its loop waits for nothing, and this is enough for a very busy
/// machine.
const SIGN_LIMIT: Duration = Duration::from_secs(10);

/// The first and the longest pause before an init that is waited for is asked whether it is there.
const LOOK_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// The pause between two calls of an init whose queue of callers is full.
const CALL_PAUSE: Duration = Duration::from_millis(10);

/// How long the way of a file may stand still, as the init's own side has it.
const STANDSTILL_LIMIT: Duration = Duration::from_secs(60);

/// How long a directory may take to be removed: one with a million files takes a minute on a slow disk.
const REMOVAL_LIMIT: Duration = Duration::from_secs(600);

/// How much of a file is sent at once.
const PIECE: usize = 64 * 1024;

/// A file that is sent after a request.
pub(super) struct Body<'a> {
    /// What it is read from, piece by piece.
    pub(super) reader: Box<dyn Read + Send + 'a>,
    /// How many bytes that gives.
    pub(super) size: u64,
    /// What it is called in messages.
    pub(super) name: String,
}

/// What was to be sent cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(pub(super) String);

/// Who is talked to.
#[derive(Clone, Copy, Debug)]
pub(super) struct InitCall<'a> {
    /// The init's process.
    process: i32,
    /// Where it listens.
    socket: &'a str,
}

impl<'a> InitCall<'a> {
    /// With the init that says this of itself, and listens there.
    pub(super) fn with(status: &InitStatus, socket: &'a str) -> Self {
        Self { process: status.process, socket }
    }

    /// Sends a request, with what follows it, and gives the answer, with what follows that. Takes as long as what was
    /// asked for, while the init shows that it is there; one that does not gives an error that holds a
    /// [`UnresponsiveInit`].
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
            // An init that cannot take the body says why and closes: its answer is worth more than the broken pipe.
            sent => sent,
        };
        let mut answer = String::new();
        let read = stream.read_line(&mut answer);
        let read = match request.operation {
            // As long as they take.
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

    /// Looks again and again whether the init is there; ends when it is not.
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

    /// Waits for a sign of the init. Every version hangs up on who says nothing, and that is one; so is that nobody
    /// listens, which the talk itself will meet.
    async fn sign(&self) -> io::Result<()> {
        let mut stream = self.call().await?;
        stream.write_all(b"\n").await?;
        stream.read(&mut [0]).await.map(drop)
    }

    /// Waits for room in the queue of the init's callers.
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
