//! The connections of a process: each is reused for all that is asked of a service's host, and their number is bounded.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openssh::Session;
use tokio::sync::{Notify, OnceCell, OwnedSemaphorePermit, Semaphore, SemaphorePermit, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection_limits::ConnectionLimits;
use super::control_directory::ControlDirectory;
use super::jumps::Jumps;
use crate::provider::HostError;
use crate::retry::{Limit, Pauses, Poller};

/// The connections of a process, shared by all its hosts.
#[derive(Debug)]
pub struct ConnectionPool {
    connecting: Arc<Semaphore>,
    jumps: Jumps,
    asking: Semaphore,
    open: Arc<Semaphore>,
    /// Connections that are being opened.
    openings: Mutex<JoinSet<()>>,
    slots: Mutex<HashMap<String, Arc<PoolEntry>>>,
    /// Told when a connection is no longer in use.
    idle: Notify,
    directory: Mutex<Option<Arc<ControlDirectory>>>,
}

/// The place of one connection.
#[derive(Debug)]
struct PoolEntry {
    link: OnceCell<SshConnection>,
    users: AtomicUsize,
    used: Mutex<Instant>,
}

/// An open connection.
#[derive(Debug)]
struct SshConnection {
    session: Option<Session>,
    directory: Option<Arc<ControlDirectory>>,
    permit: Option<OwnedSemaphorePermit>,
}

/// A connection in use; it stays open at least until this is dropped.
#[derive(Debug)]
pub(super) struct PooledSession {
    links: Arc<ConnectionPool>,
    name: String,
    slot: Arc<PoolEntry>,
    /// Whether it was opened for this use.
    pub(super) is_new: bool,
}

/// How often it is looked whether every ssh has ended, and the pause in between: one that is told to goes within
/// milliseconds.
const CLOSING_LOOKS: u32 = 50;
/// So many looks one after the other must find none: one that is just being made may not be seen yet.
const QUIET_LOOKS: u32 = 2;
const CLOSING_PAUSE: Duration = Duration::from_millis(20);

impl ConnectionPool {
    /// None yet; the limits are those of this process.
    pub fn new() -> Self {
        Self::with_limits(ConnectionLimits::of_this_process())
    }

    /// None yet, with these limits.
    pub fn with_limits(limits: ConnectionLimits) -> Self {
        Self {
            connecting: Arc::new(Semaphore::new(limits.connecting)),
            jumps: Jumps::default(),
            asking: Semaphore::new(limits.asking),
            open: Arc::new(Semaphore::new(limits.open)),
            openings: Mutex::default(),
            slots: Mutex::default(),
            idle: Notify::new(),
            directory: Mutex::default(),
        }
    }

    /// Closes every connection, those that are being opened too. To be called before the process ends; connections that
    /// are left open, as by a process that is killed, end by themselves a minute later.
    pub async fn close(&self) {
        self.end_openings().await;
        let mut closing = JoinSet::new();
        while let Some(link) = self.take_idle() {
            closing.spawn(link.close());
        }
        closing.join_all().await;
        let Some(directory) = lock(&self.directory).clone() else { return };
        // An ssh that is told to go may have just made another one, which goes on in the background.
        let mut poller = Poller::new(Pauses::fixed(CLOSING_PAUSE), Limit::Pauses(CLOSING_LOOKS - 1));
        let mut quiet = 0;
        loop {
            self.end_openings().await;
            quiet = if directory.end_connections() == 0 { quiet + 1 } else { 0 };
            if quiet == QUIET_LOOKS || !poller.pause().await {
                return;
            }
        }
    }

    /// The connection called `name`, opened by `open` by way of what `way` names, if there is none. Of several that ask
    /// at once one opens it.
    ///
    /// A connection that is being opened is finished and kept also where the caller loses interest.
    pub(super) async fn lease<F, W>(
        self: &Arc<Self>,
        name: &str,
        way: impl Fn() -> W,
        open: impl Fn(Arc<ControlDirectory>) -> F,
    ) -> Result<PooledSession, HostError>
    where
        F: Future<Output = Result<Session, HostError>> + Send + 'static,
        W: Future<Output = Result<BTreeSet<String>, HostError>>,
    {
        loop {
            let mut lease = self.enter(name);
            let slot = lease.slot.clone();
            let link = slot
                .link
                .get_or_try_init(|| async {
                    lease.is_new = true;
                    let permit = self.permit().await?;
                    let directory = self.directory()?;
                    // Whoever waits for a busy jump host must not hold up those who go another way.
                    let leave = self.jumps.leave(&way().await?).await;
                    let connecting = self.connecting.clone().acquire_owned().await.map_err(closed)?;
                    let opening = open(directory.clone());
                    let (tell, told) = oneshot::channel();
                    self.spawn(async move {
                        let session = opening.await;
                        drop((connecting, leave));
                        let link = |session| SshConnection {
                            session: Some(session),
                            directory: Some(directory),
                            permit: Some(permit),
                        };
                        // Where nobody is interested any more, it is closed again.
                        let _ = tell.send(session.map(link));
                    });
                    told.await.unwrap_or_else(|_| Err(HostError::unreachable("connecting was cut off".to_owned())))
                })
                .await?;
            // A connection that nobody used for a while has ended by itself.
            let alive = link.session.as_ref().is_some_and(|session| session.control_socket().exists());
            if alive || lease.is_new {
                return Ok(lease);
            }
            lease.give_up();
        }
    }

    /// Closes the connection called `name`, once nobody uses it.
    pub(super) async fn end(&self, name: &str) {
        let slot = lock(&self.slots).remove(name);
        if let Some(link) = slot.and_then(Arc::into_inner).and_then(|slot| slot.link.into_inner()) {
            link.close().await;
        }
    }

    /// Leave to ask a host something.
    pub(super) async fn asking(&self) -> Result<SemaphorePermit<'_>, HostError> {
        self.asking.acquire().await.map_err(closed)
    }

    fn enter(self: &Arc<Self>, name: &str) -> PooledSession {
        let mut slots = lock(&self.slots);
        let slot = slots.entry(name.to_owned()).or_insert_with(|| {
            let used = Mutex::new(Instant::now());
            Arc::new(PoolEntry { link: OnceCell::new(), users: AtomicUsize::new(0), used })
        });
        slot.users.fetch_add(1, Ordering::AcqRel);
        PooledSession { links: self.clone(), name: name.to_owned(), slot: slot.clone(), is_new: false }
    }

    /// Leave to have one more connection open, for which an idle one is closed if need be.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, HostError> {
        loop {
            let idle = self.idle.notified();
            if let Ok(permit) = self.open.clone().try_acquire_owned() {
                return Ok(permit);
            }
            if let Some(link) = self.take_idle() {
                link.close().await;
                continue;
            }
            tokio::select! {
                permit = self.open.clone().acquire_owned() => return permit.map_err(closed),
                () = idle => {}
            }
        }
    }

    /// Takes the connection out that has been idle for the longest time.
    fn take_idle(&self) -> Option<SshConnection> {
        let mut slots = lock(&self.slots);
        let is_idle = |slot: &PoolEntry| slot.users.load(Ordering::Acquire) == 0 && slot.link.initialized();
        let oldest = slots.iter().filter(|(_, slot)| is_idle(slot)).min_by_key(|(_, slot)| *lock(&slot.used))?;
        let name = oldest.0.clone();
        let slot = slots.remove(&name)?;
        // Nobody else has it: whoever does is one of its users.
        Arc::into_inner(slot)?.link.into_inner()
    }

    /// Whoever was about to start an ssh does not do so any more.
    async fn end_openings(&self) {
        let mut openings = std::mem::take(&mut *lock(&self.openings));
        openings.shutdown().await;
    }

    /// Opens a connection in a task of its own.
    fn spawn(&self, opening: impl Future<Output = ()> + Send + 'static) {
        let mut openings = lock(&self.openings);
        while openings.try_join_next().is_some() {}
        openings.spawn(opening);
    }

    fn directory(&self) -> Result<Arc<ControlDirectory>, HostError> {
        let mut directory = lock(&self.directory);
        if let Some(made) = &*directory {
            return Ok(made.clone());
        }
        let made = ControlDirectory::new()
            .map_err(|error| HostError::failed(format!("cannot make a directory for SSH connections: {error}")))?;
        Ok(directory.insert(Arc::new(made)).clone())
    }
}

impl Default for ConnectionPool {
    fn default() -> Self {
        Self::new()
    }
}

impl PooledSession {
    /// The connection.
    pub(super) fn session(&self) -> Result<&Session, HostError> {
        let session = self.slot.link.get().and_then(|link| link.session.as_ref());
        session.ok_or_else(|| HostError::unreachable("the connection was closed".to_owned()))
    }

    /// The same connection is not to be used again: it broke.
    pub(super) fn give_up(self) {
        let mut slots = lock(&self.links.slots);
        if slots.get(&self.name).is_some_and(|slot| Arc::ptr_eq(slot, &self.slot)) {
            slots.remove(&self.name);
        }
    }
}

impl Drop for PooledSession {
    fn drop(&mut self) {
        let mut slots = lock(&self.links.slots);
        *lock(&self.slot.used) = Instant::now();
        let last = self.slot.users.fetch_sub(1, Ordering::AcqRel) == 1;
        // One that could not be opened needs no place.
        if last
            && !self.slot.link.initialized()
            && slots.get(&self.name).is_some_and(|slot| Arc::ptr_eq(slot, &self.slot))
        {
            slots.remove(&self.name);
        }
        drop(slots);
        self.links.idle.notify_one();
    }
}

impl SshConnection {
    async fn close(mut self) {
        if let Some(session) = self.session.take() {
            // One that is broken cannot be closed, and needs not.
            let _ = session.close().await;
        }
    }
}

impl Drop for SshConnection {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        let (directory, permit) = (self.directory.take(), self.permit.take());
        // Dropped by itself it would keep this thread waiting for a process.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = session.close().await;
                drop((directory, permit));
            });
        }
    }
}

fn closed(_: tokio::sync::AcquireError) -> HostError {
    HostError::unreachable("connections are being closed".to_owned())
}

/// What is behind the lock is whole whenever it is released.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
