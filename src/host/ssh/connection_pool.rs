//! The connections of a process. Each is reused for all requests to a service's host, and their number is bounded.

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

/// A pool of connections, shared by all hosts of a process.
#[derive(Debug)]
pub struct ConnectionPool {
    connecting: Arc<Semaphore>,
    jumps: Jumps,
    asking: Semaphore,
    open: Arc<Semaphore>,
    /// The tasks that open connections.
    openings: Mutex<JoinSet<()>>,
    slots: Mutex<HashMap<String, Arc<PoolEntry>>>,
    /// Notified when a connection is no longer in use.
    idle: Notify,
    directory: Mutex<Option<Arc<ControlDirectory>>>,
}

/// The slot of one connection.
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

/// A connection in use. It stays open at least until this is dropped.
#[derive(Debug)]
pub(super) struct PooledSession {
    links: Arc<ConnectionPool>,
    name: String,
    slot: Arc<PoolEntry>,
    /// Whether the connection was opened for this use.
    pub(super) is_new: bool,
}

/// The number of checks whether every ssh has ended, and the interval between them: an ssh that is told to end does so
/// within milliseconds.
const CLOSING_LOOKS: u32 = 50;
/// The number of consecutive checks that must find no ssh: one that is just being started may not be visible yet.
const QUIET_LOOKS: u32 = 2;
const CLOSING_PAUSE: Duration = Duration::from_millis(20);

impl ConnectionPool {
    /// Creates an empty pool with the limits of this process.
    pub fn new() -> Self {
        Self::with_limits(ConnectionLimits::of_this_process())
    }

    /// Creates an empty pool with these limits.
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

    /// Closes all connections, including those that are being opened. Must be called before the process ends.
    /// Connections that are left open, as by a killed process, end by themselves a minute later.
    pub async fn close(&self) {
        self.end_openings().await;
        let mut closing = JoinSet::new();
        while let Some(link) = self.take_idle() {
            closing.spawn(link.close());
        }
        closing.join_all().await;
        let Some(directory) = lock(&self.directory).clone() else { return };
        // An ssh that is told to end may have just started another one, which continues in the background.
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

    /// Returns the connection `name`. If it is not open, `open` opens it through the hosts that `way` returns. Of
    /// several concurrent callers, one opens it.
    ///
    /// A connection that is being opened is completed and kept even if the caller is cancelled.
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
                    // Waiting for a busy jump host must not delay connections that take another route.
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
                        // If no caller is left, the connection is closed again.
                        let _ = tell.send(session.map(link));
                    });
                    told.await.unwrap_or_else(|_| Err(HostError::unreachable("connecting was cut off".to_owned())))
                })
                .await?;
            // A connection that was idle for a while has ended by itself.
            let alive = link.session.as_ref().is_some_and(|session| session.control_socket().exists());
            if alive || lease.is_new {
                return Ok(lease);
            }
            lease.give_up();
        }
    }

    /// Closes the connection `name` once it is no longer in use.
    pub(super) async fn end(&self, name: &str) {
        let slot = lock(&self.slots).remove(name);
        if let Some(link) = slot.and_then(Arc::into_inner).and_then(|slot| slot.link.into_inner()) {
            link.close().await;
        }
    }

    /// Waits for a permit for a request to a host.
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

    /// Waits for a permit for one more open connection, closing an idle one if necessary.
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

    /// Removes the connection that has been idle for the longest time.
    fn take_idle(&self) -> Option<SshConnection> {
        let mut slots = lock(&self.slots);
        let is_idle = |slot: &PoolEntry| slot.users.load(Ordering::Acquire) == 0 && slot.link.initialized();
        let oldest = slots.iter().filter(|(_, slot)| is_idle(slot)).min_by_key(|(_, slot)| *lock(&slot.used))?;
        let name = oldest.0.clone();
        let slot = slots.remove(&name)?;
        // There is no other reference: each would be counted as a user.
        Arc::into_inner(slot)?.link.into_inner()
    }

    /// Aborts the tasks that were about to start an ssh.
    async fn end_openings(&self) {
        let mut openings = std::mem::take(&mut *lock(&self.openings));
        openings.shutdown().await;
    }

    /// Runs the opening of a connection in a separate task.
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
    /// Returns the session.
    pub(super) fn session(&self) -> Result<&Session, HostError> {
        let session = self.slot.link.get().and_then(|link| link.session.as_ref());
        session.ok_or_else(|| HostError::unreachable("the connection was closed".to_owned()))
    }

    /// Drops the connection as broken, so that it is not used again.
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
        // A connection that could not be opened needs no slot.
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
            // A broken connection cannot be closed, and need not be.
            let _ = session.close().await;
        }
    }
}

impl Drop for SshConnection {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        let (directory, permit) = (self.directory.take(), self.permit.take());
        // Dropping it directly would block this thread until a process ends.
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

/// Locks the mutex even if it is poisoned: its content is consistent whenever it is released.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
