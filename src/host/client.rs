//! Asking the init of a local host.

use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::protocol::{Foreign, Operation, Reply, Request, Secret, peer_user, read_status, socket_address};
use super::shutdown::is_alive;
use crate::engine::{Command, Finished, HostError, Upload};

/// How much longer than a command's own time limit its result is waited for: the time it has to stop, and some for a
/// busy machine.
const RESULT_SLACK: Duration = Duration::from_secs(30);

/// How long an init that breaks off a talk may take to be gone, and how often that is looked at.
const ENDING_LIMIT: Duration = Duration::from_millis(300);
const ENDING_PAUSE: Duration = Duration::from_millis(3);

/// The init of one host, asked anew for each thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client<'a> {
    /// Where it lives.
    pub(super) directory: &'a Path,
    /// What it is called in messages.
    pub(super) name: &'a str,
}

impl Client<'_> {
    /// Waits for the end of the user data.
    pub(super) async fn await_start(&self) -> Result<(), HostError> {
        self.done(Operation::AwaitStart, &[]).await
    }

    /// See [`crate::engine::Host::run`].
    pub(super) async fn run(
        &self,
        command: &Command,
        environment: Option<Vec<(String, String)>>,
    ) -> Result<Finished, HostError> {
        let operation = Operation::Run { command: command.clone(), environment };
        let limit = command.timeout.saturating_add(RESULT_SLACK);
        let answer = tokio::time::timeout(limit, self.ask(operation, &[])).await.map_err(|_| {
            HostError::Unreachable(format!("{} does not answer, though {} must have ended", self.name, command.key))
        })?;
        match answer? {
            (Reply::Finished(finished), _) => Ok(finished),
            (other, _) => Err(self.unexpected(other)),
        }
    }

    /// See [`crate::engine::Host::upload`].
    pub(super) async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        let operation = Operation::Put { path: file.path.clone(), mode: file.mode, size: file.content.len() as u64 };
        self.done(operation, &file.content).await
    }

    /// See [`crate::engine::Host::download`].
    pub(super) async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        match self.ask(Operation::Get { path: path.to_owned(), limit: limit as u64 }, &[]).await? {
            (Reply::File(_), content) => Ok(Some(content)),
            (Reply::NoFile, _) => Ok(None),
            (other, _) => Err(self.unexpected(other)),
        }
    }

    /// See [`crate::engine::Host::remove`].
    pub(super) async fn remove(&self, path: &Path) -> Result<(), HostError> {
        self.done(Operation::Remove { path: path.to_owned() }, &[]).await
    }

    async fn done(&self, operation: Operation, body: &[u8]) -> Result<(), HostError> {
        match self.ask(operation, body).await? {
            (Reply::Done, _) => Ok(()),
            (other, _) => Err(self.unexpected(other)),
        }
    }

    fn unexpected(&self, reply: Reply) -> HostError {
        match reply {
            Reply::Failed(message) => HostError::Failed(format!("{}: {message}", self.name)),
            other => HostError::Failed(format!("{} gave an answer to another question: {other:?}", self.name)),
        }
    }

    async fn ask(&self, operation: Operation, body: &[u8]) -> Result<(Reply, Vec<u8>), HostError> {
        let talk = async {
            let (stream, secret) = self.connect()?;
            self.talk(stream, &Request { secret, operation }, body).await
        };
        match talk.await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.let_end(&error).await;
                Err(self.why(&error))
            }
        }
    }

    /// Where an init broke off the talk it is most likely ending: gives it the moment that it takes to be gone.
    async fn let_end(&self, error: &io::Error) {
        use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, UnexpectedEof};
        if !matches!(error.kind(), BrokenPipe | ConnectionRefused | ConnectionReset | UnexpectedEof) {
            return;
        }
        let give_up = tokio::time::Instant::now() + ENDING_LIMIT;
        while is_alive(self.directory).unwrap_or(false) && tokio::time::Instant::now() < give_up {
            tokio::time::sleep(ENDING_PAUSE).await;
        }
    }

    fn connect(&self) -> io::Result<(UnixStream, Secret)> {
        let status = read_status(self.directory)?.ok_or(io::ErrorKind::NotFound)?;
        let contact = status.contact()?;
        // Connecting to a local socket does not wait unless thousands of others do.
        let stream = StdStream::connect_addr(&socket_address(&contact.socket)?)?;
        if peer_user(&stream)? != nix::unistd::getuid().as_raw() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "another user has taken its socket"));
        }
        stream.set_nonblocking(true)?;
        Ok((UnixStream::from_std(stream)?, contact.secret))
    }

    async fn talk(&self, stream: UnixStream, request: &Request, body: &[u8]) -> io::Result<(Reply, Vec<u8>)> {
        let mut stream = BufReader::new(stream);
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let sent = async {
            stream.write_all(&line).await?;
            stream.write_all(body).await
        };
        // An init that cannot take the body says why and closes: its answer is worth more than the broken pipe.
        let sent = sent.await;
        let mut answer = String::new();
        if stream.read_line(&mut answer).await? == 0 {
            return Err(sent.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        }
        let reply = serde_json::from_str(&answer)?;
        let mut content = Vec::new();
        if let Reply::File(size) = reply {
            stream.take(size).read_to_end(&mut content).await?;
            if content.len() as u64 != size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok((reply, content))
    }

    /// What a failure to talk means: the host may be gone, or only not there yet.
    fn why(&self, error: &io::Error) -> HostError {
        let name = self.name;
        if !self.directory.exists() {
            return HostError::Gone(format!("{name} no longer exists"));
        }
        if let Some(foreign) = error.get_ref().and_then(|inner| inner.downcast_ref::<Foreign>())
            && is_alive(self.directory).unwrap_or(true)
        {
            return HostError::Failed(format!("cannot ask {name}: {foreign}"));
        }
        match (read_status(self.directory), is_alive(self.directory)) {
            (Ok(Some(status)), Ok(false)) => {
                let reason = status.ended.unwrap_or_else(|| "its init was killed".to_owned());
                HostError::Gone(format!("{name} has ended: {reason}"))
            }
            (Ok(None), _) => HostError::Unreachable(format!("{name} has not started yet")),
            _ => HostError::Unreachable(format!("{name} does not answer: {error}")),
        }
    }
}
