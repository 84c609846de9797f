//! The client of a local host's init.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use super::census::Census;
use super::init_call::{Body, InitCall, Unreadable};
use super::init_record::InitRecord;
use super::protocol::{InstanceLayout, NotOurInit, Operation, Reply, Request, read_status};
use super::resource_shortage;
use super::shutdown::is_alive;
use super::unresponsive_init::UnresponsiveInit;
use crate::provider::{Command, CompletedProcess, Content, HostError};
use crate::retry::{Limit, Pauses, poll_until};

/// The time for which a command's result is awaited beyond the command's own time limit: the time for stopping it, and
/// some slack for a busy machine.
const RESULT_SLACK: Duration = Duration::from_secs(30);

/// The limit for an init that broke off a connection to exit, and the interval of the checks.
const ENDING_LIMIT: Duration = Duration::from_millis(300);
const ENDING_PAUSE: Duration = Duration::from_millis(3);

/// A client of one host's init. Opens a new connection for each request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client<'a> {
    /// The host's id, which its processes carry as their mark.
    pub(super) id: &'a str,
    /// The host's directory.
    pub(super) directory: &'a Path,
    /// The path of the host's [`InitRecord`].
    pub(super) begun: &'a Path,
    /// The subdirectories that the init needs for running a program.
    pub(super) places: &'a [&'a str],
    /// The host's name in messages.
    pub(super) name: &'a str,
}

impl Client<'_> {
    /// Waits until the user data has run.
    pub(super) async fn await_start(&self) -> Result<(), HostError> {
        self.done(Operation::AwaitStart, None).await
    }

    /// See [`crate::provider::Host::run`].
    pub(super) async fn run(
        &self,
        command: &Command,
        environment: Option<Vec<(String, String)>>,
    ) -> Result<CompletedProcess, HostError> {
        let operation = Operation::Run { command: command.clone(), environment };
        let limit = command.timeout.saturating_add(RESULT_SLACK);
        let answer = tokio::time::timeout(limit, self.ask(operation, None)).await.map_err(|_| {
            HostError::unreachable(format!("{} does not answer, though {} must have ended", self.name, command.key))
        })?;
        match answer? {
            (Reply::Finished(finished), _) => Ok(finished),
            (other, _) => Err(self.unexpected(other)),
        }
    }

    /// See [`crate::provider::Host::put`].
    pub(super) async fn put(&self, path: &Path, content: &Content, mode: u32) -> Result<(), HostError> {
        let unreadable = |error: io::Error| HostError::failed(format!("cannot read {content} to send it: {error}"));
        let (reader, size) = content.open().map_err(unreadable)?;
        let operation = Operation::Put { path: path.to_owned(), mode, size };
        self.done(operation, Some(Body { reader, size, name: content.to_string() })).await
    }

    /// See [`crate::provider::Host::download`].
    pub(super) async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        match self.ask(Operation::Get { path: path.to_owned(), limit: limit as u64 }, None).await? {
            (Reply::File(_), content) => Ok(Some(content)),
            (Reply::NoFile, _) => Ok(None),
            (other, _) => Err(self.unexpected(other)),
        }
    }

    /// See [`crate::provider::Host::remove`].
    pub(super) async fn remove(&self, path: &Path) -> Result<(), HostError> {
        self.done(Operation::Remove { path: path.to_owned() }, None).await
    }

    async fn done(&self, operation: Operation, body: Option<Body<'_>>) -> Result<(), HostError> {
        match self.ask(operation, body).await? {
            (Reply::Done, _) => Ok(()),
            (other, _) => Err(self.unexpected(other)),
        }
    }

    fn unexpected(&self, reply: Reply) -> HostError {
        match reply {
            Reply::Failed(message) => self.missing_place(&message),
            other => HostError::failed(format!("{} gave an answer to another question: {other:?}", self.name)),
        }
    }

    /// Returns the error for a failed request. If one of the init's own directories is missing, the error is marked as
    /// kept out: it says nothing about the programs there.
    fn missing_place(&self, message: &str) -> HostError {
        let error = HostError::failed(format!("{}: {message}", self.name));
        let places = || self.places.iter().map(|name| (*name, self.directory.join(name)));
        if let Some((_, place)) = places().find(|(name, _)| self.sees_removed(name)) {
            let hint = format!(
                "{} was removed, and what it sees in its place cannot be mended: it can only be ended (hoist plan terminate with --force) and raised anew",
                place.display()
            );
            return error.hint(hint).kept_out();
        }
        match places().find(|(_, place)| !place.is_dir()) {
            Some((_, place)) => error
                .hint(format!("{} is missing, or no directory: put it back, or make it anew", place.display()))
                .kept_out(),
            None => error,
        }
    }

    /// Returns whether the directory that the host has mounted for `place` was removed. A new directory of the same
    /// name is not visible to the host.
    fn sees_removed(&self, place: &str) -> bool {
        let Some((_, mounted)) = InstanceLayout::MOUNTED.iter().find(|(name, _)| *name == place) else { return false };
        let Ok(Some(status)) = read_status(self.directory) else { return false };
        std::fs::metadata(format!("/proc/{}/root{mounted}", status.process)).is_ok_and(|seen| seen.nlink() == 0)
    }

    async fn ask(&self, operation: Operation, body: Option<Body<'_>>) -> Result<(Reply, Vec<u8>), HostError> {
        let talk = async {
            let status = read_status(self.directory)?.ok_or(io::ErrorKind::NotFound)?;
            let contact = status.contact()?;
            let request = Request { secret: contact.secret, operation };
            InitCall::with(&status, &contact.socket).hold(&request, body).await
        };
        match talk.await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.let_end(&error).await;
                Err(self.why(&error))
            }
        }
    }

    /// After a broken connection, waits briefly for the init to exit, since most likely it is ending.
    async fn let_end(&self, error: &io::Error) {
        use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, UnexpectedEof};
        if !matches!(error.kind(), BrokenPipe | ConnectionRefused | ConnectionReset | UnexpectedEof) {
            return;
        }
        let is_gone = || async { (!is_alive(self.directory).unwrap_or(false)).then_some(()) };
        // If it is still alive after that, the next request reports so.
        let _ = poll_until(Pauses::fixed(ENDING_PAUSE), Limit::Time(ENDING_LIMIT), is_gone).await;
    }

    /// Returns the error for a failed connection: the host may be gone, or may not have started yet.
    fn why(&self, error: &io::Error) -> HostError {
        let name = self.name;
        if let Some(silence) = inner::<UnresponsiveInit>(error) {
            return silence.of_host(name);
        }
        if resource_shortage::is_one(error) {
            return HostError::failed(format!("{name} cannot be asked: {error}"));
        }
        if let Some(Unreadable(why)) = inner(error) {
            return HostError::failed(format!("{name}: {why}"));
        }
        if !self.directory.exists() {
            let gone = format!("there is no {}", self.directory.display());
            return self.lost(&gone).unwrap_or_else(|| {
                HostError::gone(format!("{name} can no longer be asked: {gone}, and no init of it runs"))
            });
        }
        if let Some(foreign) = inner::<NotOurInit>(error)
            && is_alive(self.directory).unwrap_or(true)
        {
            return HostError::failed(format!("cannot ask {name}: {foreign}"));
        }
        match (read_status(self.directory), is_alive(self.directory)) {
            (Ok(Some(status)), Ok(false)) => {
                let reason = status.ended.unwrap_or_else(|| "its init was killed".to_owned());
                HostError::gone(format!("{name} has ended: {reason}"))
            }
            (Ok(None), _) if self.has_served() => self
                .lost("the file by which it is asked is missing")
                .unwrap_or_else(|| HostError::unreachable(format!("{name} does not answer: no init of it runs"))),
            (Ok(None), _) => HostError::unreachable(format!("{name} has not started yet")),
            (Err(error), _) => {
                let unreadable = format!("the file by which it is asked cannot be read ({error})");
                self.lost(&unreadable).unwrap_or_else(|| HostError::unreachable(format!("{name}: {unreadable}")))
            }
            _ => HostError::unreachable(format!("{name} does not answer: {error}")),
        }
    }

    /// Returns the error for an init that runs but cannot be asked, or `None` if no init runs. The failure says nothing
    /// about the state of the host.
    fn lost(&self, why: &str) -> Option<HostError> {
        let census = Census::fresh();
        let init = census.marked(self.id).iter().find(|sighting| sighting.is_init)?.process;
        let Self { name, .. } = self;
        Some(
            HostError::failed(format!("{name} cannot be asked: {why}, while its init, process {init}, runs"))
                .kept_out(),
        )
    }

    /// Returns whether the host's init has served before.
    fn has_served(&self) -> bool {
        InitRecord::read(self.begun).ok().flatten().is_some_and(|begun| begun.served)
    }
}

fn inner<E: std::error::Error + 'static>(error: &io::Error) -> Option<&E> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}
